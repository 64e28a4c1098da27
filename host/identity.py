"""What a PC is called where a board has the address of its WiFi chip, and where it is."""

import hashlib
import ipaddress
import platform
from pathlib import Path

_MACHINE_ID = Path("/etc/machine-id")


def serial(http_port):
    """12 hexadecimal digits in the form of a MAC address, the same at each start.

    They are made up, from the machine's identifier and the port: a PC may have several addresses,
    or one that comes and goes with a container, and may run several readers, which are to be told
    apart. The identifier itself cannot be found from them (machine-id(5) asks for that).
    """
    try:
        machine = _MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        machine = ""
    seed = f"power-readout {machine or platform.node()} {http_port}"
    octets = bytearray(hashlib.sha256(seed.encode()).digest()[:6])
    # Of those that everybody may make up (IEEE 802, clause 8.4), and no group's.
    octets[0] = (octets[0] & 0xFC) | 0x02
    return octets.hex()


def networks():
    """(IPv4 address, netmask) as texts, of each network that the machine is on; also loopback."""
    # Comes with zeroconf.
    import ifaddr

    return [
        (str(ip.ip), str(ipaddress.ip_network(f"0.0.0.0/{ip.network_prefix}").netmask))
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if ip.is_IPv4
    ]
