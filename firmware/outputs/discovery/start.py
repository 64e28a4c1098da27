"""Opens and closes the socket, joins the group of all hosts, and claims the names.

It is loaded for that only.
"""

import asyncio
import select
import socket
from errno import EADDRINUSE
from random import randrange

from dsmr.const import const
from firmware import load
from mdns import GROUP
from mdns.gate import Gate

load_mdns = load("outputs.discovery.loader").load_mdns

#: The time to live of what is sent, by which some know that it comes from their own network (RFC
#: 6762, clause 11). A board's network does not let it be set.
_TTL = const(255)

#: The level of these options, IPPROTO_IP, which a board has no name for.
_IP = const(0)


def open_socket(discovery):
    """Open the socket, which stays None if that fails."""
    opened = None
    try:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # A PC has other responders, with which the port is shared.
        if hasattr(socket, "SO_REUSEPORT"):
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        for option in ("IP_MULTICAST_TTL", "IP_TTL"):
            if hasattr(socket, option):
                opened.setsockopt(_IP, getattr(socket, option), _TTL)
        opened.bind(("0.0.0.0", GROUP[1]))
        opened.setblocking(False)
    except OSError as error:
        if opened:
            opened.close()
        _say(
            discovery,
            "mDNS: UDP port 5353 cannot be opened: %s; trying again. Until then only the address "
            "finds this device. If it stays so, switch the board off and on." % error,
        )
        return
    discovery.deaf = False
    discovery.poll = select.poll()
    discovery.poll.register(opened, select.POLLIN)
    discovery.socket = opened


async def claim(discovery, address):
    """Claim the names; returns whether the zone has them, or the address is another one before."""
    if not discovery.socket:
        open_socket(discovery)
        if not discovery.socket:
            return False
    clock = discovery.clock
    board = discovery.context.board
    networks = dict(board.networks())
    if address not in networks:
        return False
    discovery.gate = Gate(address, networks[address], discovery.context.admits, clock.now())
    octets = _octets(address)
    _join(discovery, octets)
    prober = _prober(discovery, octets)
    while not prober.done:
        discovery.turns += 1
        now = clock.now()
        for message, _ in discovery.datagrams(now):
            discovery.gate.tokens -= len(message)
            prober.receive(message, now)
        for message in prober.messages(now):
            discovery.send(message, GROUP)
        if board.network.address != address:
            return False
        await asyncio.sleep(discovery.look)
    for old, new in prober.renamed.items():
        discovery.context.log.say(
            "mDNS: the name %s is another host's: it is %s here." % (old, new)
        )
    _say(discovery, "mDNS: this is %s at %s." % (prober.zone.host, address))
    discovery.zone = prober.zone
    return True


def reopen(discovery, address):
    """Open another socket in place of one that is deaf; returns whether there is one."""
    discovery.socket.close()
    discovery.socket = None
    open_socket(discovery)
    if not discovery.socket:
        return False
    _join(discovery, _octets(address))
    return True


def leave(discovery):
    """Tell all hosts that the names are gone, and close the socket."""
    try:
        if discovery.zone:
            for message in discovery.responder(0).goodbye():
                discovery.send(message, GROUP)
    finally:
        discovery.zone = None
        if discovery.socket:
            discovery.socket.close()
            discovery.socket = None


def _join(discovery, address):
    """Have what is sent to the group delivered at this address."""
    group = _octets(GROUP[0])
    try:
        if hasattr(socket, "IP_MULTICAST_IF"):
            discovery.socket.setsockopt(_IP, socket.IP_MULTICAST_IF, address)
        if hasattr(socket, "IP_ADD_MEMBERSHIP"):
            discovery.socket.setsockopt(_IP, socket.IP_ADD_MEMBERSHIP, group + address)
    except OSError as error:
        # It is so where the group was joined at this address before.
        if error.errno != EADDRINUSE:
            _say(discovery, "mDNS: 224.0.0.251 cannot be joined: %s; nobody is heard." % error)


def _prober(discovery, address):
    """A prober for the services that can be announced; of the others it is said why not."""
    host = discovery.context.settings["hostname"]
    services = []
    module = load_mdns("builder")
    for service in discovery.context.services:
        try:
            module.build(host, services + [service], address, {})
            services.append(service)
        except ValueError as error:
            _say(discovery, "mDNS: %s is not announced: %s." % (service[0], error))
    del module

    def build(numbers):
        return load_mdns("builder").build(host, services, address, numbers)

    return load_mdns("prober").Prober(build, discovery.numbers, randrange, discovery.clock.now())


def _octets(address):
    """An IPv4 address as bytes."""
    return bytes([int(octet) for octet in address.split(".")])


def _say(discovery, sentence):
    if sentence != discovery.said:
        discovery.said = sentence
        discovery.context.log.say(sentence)
