"""Puts the program together from its settings and a board."""

from dsmr import TelegramParser
from firmware import VERSION
from firmware.meter import Meter
from firmware.readout import RUBBISH, Readout
from firmware.tasks import Tasks


class App(Tasks):
    """The program: one meter, one readout, and the outputs.

    problems: sentences about settings that are wrong; board: see `firmware.boards`; write: prints
    a line of the log.
    """

    def __init__(self, settings, problems, board, write=print):
        super().__init__(settings, problems, board, write)
        self.parser = TelegramParser(
            settings["max_telegram"],
            crc_required=settings["crc"] == "required",
            demand_floor=settings["demand_floor"],
        )
        self.readout = Readout(board.clock, settings["stale_after"], self.parser)
        self._raw_tcp = None
        self._mqtt = None
        self.meter = Meter(board.open_port, self.parser, self.readout, self.log, board.blink)

    def parts(self):
        """What runs, see `firmware.tasks`."""
        yield "meter", self.meter
        if self.board.network:
            yield "network", self.board.network
        yield from self._outputs()

    def _outputs(self):
        """The outputs that the settings ask for, each by a name that messages call it by.

        One that is off is never imported.
        """
        settings = self.settings
        admits = None
        if settings["allow_from"]:
            from firmware.outputs.access import Access

            admits = Access(settings["allow_from"]).allows
        from firmware.outputs.web import Web

        yield "web", Web(settings, self.readout, self.health, self.log, self.board.station, admits)
        if settings["raw_port"]:
            from firmware.outputs.raw_tcp import RawTcp

            self._raw_tcp = RawTcp(settings, self.readout, self.log, admits)
            yield "raw TCP", self._raw_tcp
        if settings["mqtt_host"]:
            from firmware.outputs.mqtt import Mqtt

            self._mqtt = Mqtt(settings, self.readout, self.board, self.log)
            yield "MQTT", self._mqtt

    def summary(self):
        """The state in one line."""
        readout = self.readout
        parts = ["%d telegrams" % readout.telegrams]
        if readout.rejected:
            parts.append("%d rejected" % sum(readout.rejected.values()))
        if readout.telegram is None:
            parts.append("none good yet")
            if readout.rubbish:
                parts.append(RUBBISH)
        elif not readout.fresh:
            parts.append("the last %d seconds ago" % (readout.age // 1000))
        parts.append("%d HTTP requests" % readout.http_requests)
        network = self.board.network
        if network:
            parts.append("at %s" % network.address if network.address else "no WiFi")
        return ", ".join(parts)

    def health(self):
        """The counters, for `/healthz`."""
        readout = self.readout
        parser = self.parser
        health = {
            "version": VERSION,
            "fresh": readout.fresh,
            "telegrams": readout.telegrams,
            "rejected": readout.rejected,
            "odd_lines": readout.odd_lines,
            "bytes": {
                "in": parser.bytes_in,
                "accepted": parser.bytes_accepted,
                "rejected": parser.bytes_rejected,
                "skipped": parser.bytes_skipped,
                "pending": parser.bytes_pending,
            },
            "uptime": self.board.clock.now() // 1000,
            "http_requests": readout.http_requests,
            "settings_problems": self.problems,
            "errors": self.errors,
        }
        if readout.telegram is not None:
            health["age"] = readout.age // 1000
            health["problems"] = [
                {"obis": obis, "reason": reason} for obis, reason in readout.telegram.problems
            ]
        if self._raw_tcp:
            health["raw_tcp"] = self._raw_tcp.counts
        if self._mqtt:
            health["mqtt"] = self._mqtt.state()
        health.update(self.board.facts())
        return health
