"""Connections that the board makes to others."""

import asyncio
import select
import socket
from errno import EINPROGRESS

from dsmr.const import const

#: Milliseconds between looks at a connection or an address that is on its way.
_LOOK = const(50)

#: Seconds in which a host is to answer to its name that ends in .local.
_ASKED = const(5)


async def connect(host, port, tls, authority, found, resolve):
    """A reader, a writer and a function that closes them; raises OSError.

    found: a dict that is kept from call to call, for who gives up while a name is looked up: it
    has None for the name until its address is there.

    resolve: see `firmware.boards`.

    authority: a file with the certificate that the other's is signed with; if it is empty, TLS
    encrypts for whoever answers.
    """
    address = await _address(host, port, found, resolve)
    connection = socket.socket()
    try:
        connection.setblocking(False)
        try:
            connection.connect(address)
        except OSError as error:
            if error.errno != EINPROGRESS:
                raise
        poll = select.poll()
        poll.register(connection, select.POLLOUT)
        state = poll.poll(0)
        while not state:
            await asyncio.sleep_ms(_LOOK)
            state = poll.poll(0)
        if state[0][1] != select.POLLOUT:
            raise OSError("nobody listens there")
        if tls:
            connection = _secured(connection, host, authority)
        stream = asyncio.StreamReader(connection)
        return stream, stream, connection.close
    except BaseException:
        connection.close()
        raise


def _secured(connection, host, authority):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # MicroPython looks at no certificate unless it is told to.
    context.verify_mode = (  # type: ignore[attr-defined]
        ssl.CERT_REQUIRED if authority else ssl.CERT_NONE
    )
    if authority:
        try:
            with open(authority, "rb") as file:
                context.load_verify_locations(cadata=file.read())
        except (OSError, ValueError):
            raise OSError("%s is no file with a certificate" % authority) from None
    return context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)


async def _address(host, port, found, resolve=None):
    """The address; the loop goes on while a name is looked up, which may take 12 seconds.

    It is looked up for each connection, as it may be another's by the next.
    """
    get = socket.getaddrinfo
    if _is_address(host):
        return get(host, port)[0][-1]
    if resolve and host.endswith(".local"):
        address = await resolve(host, _ASKED)
        if address:
            return get(address, port)[0][-1]
    if host not in found:
        try:
            from _thread import start_new_thread
        except ImportError:
            raise OSError("without threads it must be set as an address, not a name") from None
        found.clear()
        found[host] = None
        try:
            start_new_thread(_look_up, (get, host, port, found))
        except Exception as error:
            found.clear()
            raise OSError("its name cannot be looked up now: %s" % error) from None
    while host in found and found[host] is None:
        await asyncio.sleep_ms(_LOOK)
    if host not in found:
        raise OSError("there is no such host")
    return found.pop(host)


def _is_address(host):
    """Whether it is an IPv4 address; anything else would be asked for, and block the loop."""
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


def knock(port):
    """Connect to ourselves, which gives a task that listens a reason to turn.

    Returns the socket that is being connected; raises OSError if there is none left.
    """
    door = socket.socket()
    door.setblocking(False)
    try:
        door.connect(("127.0.0.1", port))
    except OSError as error:
        if error.errno != EINPROGRESS:
            door.close()
            raise
    return door


def _look_up(get, host, port, found):
    """In a thread of its own: getaddrinfo returns when it knows."""
    try:
        found[host] = get(host, port)[0][-1]
    except Exception:
        found.pop(host, None)
