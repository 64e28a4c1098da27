"""The parts of the program: loaded when it starts, then dropped again."""

from firmware import borrow


def parts(app):
    """What runs, see `firmware.tasks`, each by a name that messages call it by."""
    yield "meter", app.meter
    if app.board.network:
        yield "network", app.board.network
    yield from app.outputs or _make(app)


def _make(app):
    """Make the outputs, once: a program that goes on has them. One that is off is not imported."""
    settings, readout, board, log = app.settings, app.readout, app.board, app.log
    admits = None
    if settings["allow_from"]:
        from firmware.outputs.access import Access

        admits = Access(settings["allow_from"]).allows
    from firmware.outputs.front import Front
    from firmware.outputs.message import Copy, Message
    from firmware.outputs.web import Web

    kinds = [Web, Front, Message, Copy]
    made = [("web", Web(settings, readout, app.health, log, board.station, app.fail, admits))]
    yield made[-1]
    if settings["raw_port"]:
        from firmware.outputs.raw_tcp import RawTcp

        kinds.append(RawTcp)
        app.raw_tcp = RawTcp(settings, readout, log, admits)
        made.append(("raw TCP", app.raw_tcp))
        yield made[-1]
    if settings["mqtt_host"]:
        from firmware.outputs.mqtt import Mqtt

        kinds.append(Mqtt)
        app.mqtt = Mqtt(settings, readout, board, log)
        made.append(("MQTT", app.mqtt))
        yield made[-1]
    app.outputs = made
    if board.guard:
        borrow("boards.making").let_go(kinds)
