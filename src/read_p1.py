"""Read a meter's P1 port and keep its last good telegram in a file, for any web server to host.

    python src/read_p1.py --directory /var/www/readout --json

writes telegram.txt, byte for byte what the meter sent, and with --json metrics.json, what /metrics
answers.
"""

import asyncio
import errno
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "lib")]

from host import missing  # noqa: E402  the path to it has only now been said

try:
    from dsmr import TelegramParser
    from firmware import decryption
    from firmware.log import Log
    from firmware.meter import Meter, Readout
    from firmware.renderers import Writer, metrics
    from host import files, logs, options
    from host.ending import until_signal
    from host.failures import Failures
    from host.pc import Pc
    from host.settings import SettingsError, names
except ModuleNotFoundError as error:
    missing.explain(error)

_PROGRAM = "read_p1.py"

#: Seconds that --once waits for a good telegram: the slowest meters send every ten.
_PATIENCE = 60

TELEGRAM = "telegram.txt"
METRICS = "metrics.json"


class ReadP1:
    """Writes each good telegram of the source to the files, or the newest if the disk is slow."""

    def __init__(self, settings, log, directory, with_json):
        self._directory = Path(directory)
        self._with_json = with_json
        self._failures = Failures(log)
        board = Pc(settings, Failures(log))
        parser = TelegramParser(
            settings["max_telegram"],
            crc_required=settings["crc"] == "required",
            demand_floor=settings["demand_floor"],
        )
        decryption.begin(parser, settings)
        self._readout = Readout(board.clock, parser, self._fail, settings["stale_after"])
        meter_log = Log(board.clock, settings["log_interval"], logs.writer(log))
        self._meter = Meter(board.open_port, parser, self._readout, meter_log, self._take)
        self._new = asyncio.Event()
        self._contents: dict = {}

    def _fail(self, name, error):
        """What takes telegrams has failed: an error of ours."""
        raise error

    def _take(self):
        """A telegram has come. It lasts until the next, so what is to be written is made now."""
        self._contents = {TELEGRAM: bytes(self._readout.telegram.raw)}
        if self._with_json:
            out = Writer()
            pieces = []
            for _ in metrics.render(self._readout, out):
                pieces.append(out.getvalue())
                out.clear()
            self._contents[METRICS] = b"".join(pieces)
        self._new.set()

    async def run(self, once=False):
        """Read and write for ever, or once; returns whether that one was written."""
        meter = asyncio.create_task(self._meter.run())
        try:
            while True:
                try:
                    await asyncio.wait_for(self._new.wait(), _PATIENCE if once else None)
                except asyncio.TimeoutError:
                    self._failures.note(
                        "silence", f"No good telegram has come in {_PATIENCE} seconds."
                    )
                    return False
                self._new.clear()
                # A disk may take its time; the meter does not wait for it.
                written = await asyncio.to_thread(self._write, self._contents)
                if once:
                    return written
        finally:
            meter.cancel()
            await asyncio.wait([meter])

    def _write(self, contents):
        name = ""
        try:
            for name, data in contents.items():
                files.replace(self._directory / name, data)
        except OSError as error:
            path = self._directory / name
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                why = "the disk is full"
            elif error.errno == errno.EFBIG:
                why = "the file would be larger than allowed"
            else:
                why = error.strerror
            self._failures.note(
                str(error.errno), f"{path} cannot be written: {why}. What was there is kept."
            )
            return False
        self._failures.recovered(f"Writing to {self._directory} again.")
        return True


def main(argv):
    parser = options.parser(
        _PROGRAM,
        "Read a meter's P1 port and keep its last good telegram in a file.",
        # They belong to what answers on the network.
        without=(
            "mdns",
            "http_port",
            "http_clients",
            "http_timeout",
            "http_password",
            "allow_from",
            "allowed_hosts",
            "raw_port",
            "raw_clients",
            "homewizard",
            "history",
            "history_folder",
            "stale_after",
            *(name for name in names() if name.startswith(("mqtt_", "modbus_", "shelly"))),
        ),
    )
    parser.add_argument(
        "--directory",
        default="/var/www/readout",
        help=f"where {TELEGRAM} and {METRICS} are written (default: %(default)s)",
    )
    parser.add_argument(
        "--json", action="store_true", help=f"write {METRICS} too, what /metrics answers"
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help=f"end after one telegram; exit code 1 if none comes in {_PATIENCE} seconds",
    )
    given = parser.parse_args(argv)
    try:
        settings, problems = options.load(given)
    except SettingsError as error:
        _say(str(error))
        return options.exit_code(error)
    if not Path(given.directory).is_dir():
        _say(f"There is no folder {given.directory}; make it, or name another with --directory.")
        return options.CANNOT_START
    log = logs.start(settings["log_level"])
    for problem in problems:
        log.warning("Settings: %s", problem)
    return asyncio.run(_run(settings, log, given))


async def _run(settings, log, given):
    reader = ReadP1(settings, log, given.directory, given.json)
    written = await until_signal(lambda: reader.run(given.once))
    return options.CANNOT_START if written is False else options.ENDED


def _say(sentence):
    print(f"{_PROGRAM}: {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
