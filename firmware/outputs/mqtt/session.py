"""How a connection to an MQTT broker begins: needed now and then, and not kept in memory."""

from dsmr.const import const
from firmware.outputs.mqtt.client import KEEP_ALIVE, Client

_CONNECT = const(0x10)
_CONNACK = const(b"\x20\2")

# Flags of CONNECT (clause 3.1.2.3): a session that nothing is kept of; a will, which is retained;
# what identifies.
_CLEAN = const(2)
_WILL = const(0x24)
_USER = const(0x80)
_PASSWORD = const(0x40)


async def connect(settings, board, out, name, will):
    """A `Client` that the broker has let in; raises OSError or EOFError.

    will: (topic, payload) of what the broker says when the client is gone.
    """
    host = settings["mqtt_host"]
    port = settings["mqtt_port"] or (8883 if settings["mqtt_tls"] else 1883)
    try:
        connection = await board.connect(host, port, settings["mqtt_tls"], settings["mqtt_ca"])
    except OSError as error:
        raise OSError("the broker at %s:%d cannot be reached: %s" % (host, port, error)) from None
    client = Client(connection, out, settings["mqtt_qos"])
    try:
        await introduce(client, name, will, settings)
        # That may have been any program's answer: this one may not.
        await client.settle()
    except ValueError as error:
        client.close()
        # So MicroPython puts it that a certificate is none that it trusts.
        raise OSError("the broker is not trusted: %s" % str(error).strip()) from None
    except BaseException:
        client.close()
        raise
    return client


async def introduce(client, name, will, settings):
    """Send who the client is, and wait until the broker has let it in."""
    user = settings["mqtt_user"]
    password = settings["mqtt_password"]
    flags = _CLEAN | _WILL | settings["mqtt_qos"] << 3
    if user or password:
        flags |= _USER
    if password:
        flags |= _PASSWORD
    # Who wrote into it before may have failed amid that.
    client.out.clear()
    client.packet(_CONNECT)
    client.text(b"MQTT")
    client.out.write(bytes((4, flags, 0, KEEP_ALIVE)))
    client.text(name.encode())
    for text in will:
        client.text(text)
    if flags & _USER:
        client.text(user.encode())
    if password:
        client.text(password.encode())
    client.end()
    await client.send()
    await client.answer(_CONNACK)
    code = (await client.reader.readexactly(2))[1]
    if code > 3:
        raise OSError("the broker refuses: check mqtt_user and mqtt_password")
    if code:
        raise OSError("the broker refuses, with code %d" % code)
