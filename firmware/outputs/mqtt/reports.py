"""What is published at the start and then seldom: it is not kept in memory.

Home Assistant is told of the meter's fields and of the reader in two messages, as nothing may be
known of the meter yet, and what a message no longer has is removed there. docs/mqtt.md has
the topics; mqtt is the output.
"""

import json

from dsmr.const import const
from firmware import load

# What is sent at once of a long message.
_PIECE = const(1024)


async def describe(mqtt):
    """Tell Home Assistant of the fields that have a unit."""
    await _publish(mqtt, "%s/device/%s/config", "pieces", (mqtt.unit, mqtt.decimals))
    mqtt.described = True


async def report(mqtt):
    """Publish how the reader itself is doing; at first tell Home Assistant of it."""
    board = mqtt.board
    state = {
        "uptime": board.clock.now() // 1000,
        "rejected": sum(mqtt.readout.rejected.values()),
    }
    heap = mqtt.memory.heap()
    if heap:
        state["free_heap"] = heap[1] - heap[0]
    if board.network:
        state["rssi"] = board.station()[2]
    if board.watchdog:
        state["reset_cause"] = board.watchdog.cause
    if mqtt.reported_at is None and mqtt.settings["mqtt_discovery"]:
        await _publish(mqtt, "%s/device/%s/reader/config", "reader", (state,))
    mqtt.client.begin(mqtt.prefix + b"reader")
    mqtt.client.out.write(json.dumps(state))
    mqtt.client.end()
    mqtt.reported_at = board.clock.now()


async def _publish(mqtt, topic, what, more):
    """Publish a message to Home Assistant; what, more: its renderer, and what that is given."""
    settings, client = mqtt.settings, mqtt.client
    homeassistant = load("renderers.homeassistant")
    pieces = getattr(homeassistant, what)
    more = (
        mqtt.prefix[:-1].decode(),
        mqtt.name,
        homeassistant.device(mqtt.name, settings["mqtt_qos"], mqtt.board, settings["http_port"]),
    ) + more
    topic %= settings["mqtt_discovery"], mqtt.name
    # It is longer than what should stand in memory at once; so its length is found out first.
    client.begin(topic.encode(), True)
    client.end(sum(len(piece) for piece in pieces(*more)))
    for piece in pieces(*more):
        client.out.write(piece)
        await client.send(_PIECE)
