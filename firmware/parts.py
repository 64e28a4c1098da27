"""The parts of the program: loaded when it starts, then dropped again."""


def parts(app):
    """What runs, see `firmware.tasks`, each by a name that messages call it by.

    An output that is off is never imported.
    """
    settings, readout, board, log = app.settings, app.readout, app.board, app.log
    yield "meter", app.meter
    if board.network:
        yield "network", board.network
    admits = None
    if settings["allow_from"]:
        from firmware.outputs.access import Access

        admits = Access(settings["allow_from"]).allows
    from firmware.outputs.web import Web

    yield "web", Web(settings, readout, app.health, log, board.station, app.fail, admits)
    if settings["raw_port"]:
        from firmware.outputs.raw_tcp import RawTcp

        app.raw_tcp = RawTcp(settings, readout, log, admits)
        yield "raw TCP", app.raw_tcp
    if settings["mqtt_host"]:
        from firmware.outputs.mqtt import Mqtt

        app.mqtt = Mqtt(settings, readout, board, log)
        yield "MQTT", app.mqtt
