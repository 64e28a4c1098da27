"""Announces the program by mDNS, so that it is found without an address (RFC 6762 and RFC 6763).

Two services: `_http._tcp` for browsers of services, and `_hwenergy._tcp` for those who look for a
HomeWizard P1 meter. The latter's keys are those of
https://api-documentation.homewizard.com/docs/discovery, and the host's name begins as such a
meter's, by which SmartEVSE knows it. It is left out with a password, which they cannot give.

It is for a PC; a board with PSRAM has `firmware.outputs.discovery`.
"""

import asyncio
import contextlib
import socket

from host import identity

#: Seconds between looks whether the machine's addresses are still the same.
_LOOK = 30


def services(settings, addresses):
    """What is announced: a list of `zeroconf.ServiceInfo`; addresses: IPv4, as texts."""
    from zeroconf import ServiceInfo

    serial = identity.serial(settings["http_port"])
    is_meter = settings["homewizard"] and settings["http_password"] == ""
    name = ("p1meter-" if is_meter else "power-readout-") + serial[-6:]
    wanted = [("_http._tcp.local.", "power-readout-" + serial[-6:], {"path": "/"})]
    if is_meter:
        keys = {
            "api_enabled": "1",
            "path": "/api/v1",
            "serial": serial,
            "product_name": "P1 Meter",
            "product_type": "HWE-P1",
        }
        wanted.append(("_hwenergy._tcp.local.", name, keys))
    return [
        ServiceInfo(
            kind,
            f"{instance}.{kind}",
            addresses=[socket.inet_aton(address) for address in addresses],
            port=settings["http_port"],
            properties=properties,
            server=f"{name}.local.",
        )
        for kind, instance, properties in wanted
    ]


def own_addresses():
    """The machine's IPv4 addresses on networks, sorted; [] if there is none."""
    import ifaddr

    ips = [ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    found = {str(ip.ip) for ip in ips if ip.is_IPv4}
    return sorted(ip for ip in found if not ip.startswith(("127.", "169.254.")))


async def announce(settings, log, addresses=own_addresses):
    """Announce until this is cancelled. What fails is said once, and tried again."""
    said = None
    while True:
        try:
            found = addresses()
            if found:
                await _announce(settings, log, found, addresses)
        except ImportError as error:
            log.warning(
                f"mDNS: {error}: python -m pip install -r host/requirements.txt; or switch it "
                "off with --mdns false. All else goes on."
            )
            return
        # Whatever it is: the meter is read without it.
        except Exception as error:
            if str(error) != said:
                said = str(error)
                log.warning(f"mDNS: {error!r}; trying again.")
        await asyncio.sleep(_LOOK)


async def _announce(settings, log, found, addresses):
    """Announce these addresses, until the machine has others."""
    from zeroconf import IPVersion
    from zeroconf.asyncio import AsyncZeroconf

    from host.responder import Responder

    responder = AsyncZeroconf(zc=Responder(interfaces=found, ip_version=IPVersion.V4Only))
    wanted = services(settings, found)
    log.info(f"mDNS: announcing {wanted[0].server.rstrip('.')} at {', '.join(found)}.")
    try:
        for service in wanted:
            # Two of the same name get a number.
            await (await responder.async_register_service(service, allow_name_change=True))
        while addresses() == found:
            await asyncio.sleep(_LOOK)
    finally:
        await responder.async_close()


@contextlib.asynccontextmanager
async def announced(settings, log):
    """Announce for as long as the block runs, if the setting `mdns` says so."""
    task = asyncio.ensure_future(announce(settings, log)) if settings["mdns"] else None
    try:
        yield
    finally:
        if task:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
