"""MQTT, see `firmware.outputs.mqtt.publisher`. docs/mqtt.md has the topics."""

from firmware.outputs.mqtt.publisher import Mqtt


def create(context):
    """The output, see `firmware.outputs`."""
    return Mqtt(context)
