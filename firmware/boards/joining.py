"""What WiFi needs now and then: loaded when a connection begins or is lost, then dropped again."""

import network

_REASONS = {
    "STAT_NO_AP_FOUND": "no network of that name is in reach: check wifi_name (2.4 GHz only)",
    "STAT_WRONG_PASSWORD": "the password is wrong: check wifi_password",
    "STAT_BEACON_TIMEOUT": "the access point fell silent",
    "STAT_ASSOC_FAIL": "the access point refuses",
    "STAT_HANDSHAKE_TIMEOUT": "the access point does not answer: check wifi_password",
    "STAT_CONNECTING": "it is connecting; if that lasts, the router gives no address",
}


def begin(wlan, settings, log):
    """Connect anew, whatever state the driver is in; it may survive a soft reset."""
    try:
        # The name is taken over when the interface comes up.
        network.hostname(settings["hostname"])
        wlan.active(True)
        # Without power saving a ping takes 5 ms, with it 250.
        wlan.config(pm=wlan.PM_NONE)
        if settings["wifi_txpower"] is not None:
            wlan.config(txpower=settings["wifi_txpower"])
        if settings["ip"]:
            gateway = settings["gateway"] or "0.0.0.0"
            wlan.ifconfig(
                (settings["ip"], settings["netmask"], gateway, settings["dns"] or gateway)
            )
        if wlan.isconnected() and wlan.config("ssid") == settings["wifi_name"]:
            return
        # connect() raises an error while the driver is connecting.
        wlan.disconnect()
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
    status = wlan.status()
    for name, words in _REASONS.items():
        if status == getattr(network, name, None):
            return words
    return "status %d" % status
