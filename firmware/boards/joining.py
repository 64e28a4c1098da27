"""What WiFi needs now and then: loaded when a connection begins or is lost, then dropped again."""

import network

from dsmr.const import const

# All that the driver can say while it tries for ever: that a password is wrong it need not notice,
# and why a connection was lost it says only if that is what keeps it from coming back. Newer
# versions of MicroPython know the last three.
_REASONS = {
    201: "no network of that name is in reach: check wifi_name (2.4 GHz only)",
    202: "the password is wrong: check wifi_password",
    210: "the network has a security that this board does not know",
    211: "the network has another kind of security: check wifi_password",
    212: "the network is too weak here",
}
_CONNECTING = const(
    "it is connecting; if that lasts, wifi_password is wrong, or the router gives no address"
)


def begin(wlan, settings, log):
    """Connect anew, whatever state the driver is in; it may survive a soft reset."""
    try:
        # The name is taken over when the interface comes up.
        network.hostname(settings["hostname"])
        wlan.active(True)
        joined = wlan.isconnected() and wlan.config("ssid") == settings["wifi_name"]
        if not joined:
            # While the driver is connecting, it may refuse both settings and connect().
            wlan.disconnect()
        # Without power saving a ping takes 5 ms, with it 250.
        wlan.config(pm=wlan.PM_NONE)
        if settings["wifi_txpower"] is not None:
            wlan.config(txpower=settings["wifi_txpower"])
        if settings["ip"]:
            gateway = settings["gateway"] or "0.0.0.0"
            wlan.ifconfig(
                (settings["ip"], settings["netmask"], gateway, settings["dns"] or gateway)
            )
        if not joined:
            wlan.connect(settings["wifi_name"], settings["wifi_password"])
    except OSError as error:
        log.say("WiFi: %s; trying again." % error)


def say_where(address, settings, log):
    """Say at which addresses the board answers."""
    port = settings["http_port"]
    port = "" if port == 80 else ":%d" % port
    log.say(
        "WiFi is connected: http://%s%s/ or http://%s.local%s/"
        % (address, port, settings["hostname"], port)
    )


def reason(wlan):
    """Why there is no connection, in words."""
    try:
        # Only who has joined hears how strong the network is; the status is that of an earlier
        # attempt then.
        wlan.status("rssi")
        return _CONNECTING
    except OSError:
        pass
    status = wlan.status()
    if status == network.STAT_CONNECTING:
        return _CONNECTING
    return _REASONS.get(status, "status %d" % status)
