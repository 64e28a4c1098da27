"""The program on a PC, with a simulated meter and a history, in this process."""

import asyncio
import contextlib
import threading

from firmware import assembly
from host import logs
from host import settings as pc
from host.failures import Failures
from host.pc import Pc
from sim.line import Line
from sim.ports import free_port


class Server:
    """Answers at `url` from a meter's telegrams, with the history in `folder`.

    meter: a `sim.meter.Meter`; given: settings.
    """

    def __init__(self, folder, meter, **given):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.said = []
        self._line = Line(meter, listen=("127.0.0.1", 0))
        self._settings = {
            **pc.load(None, {}, {})[0],
            "source": f"tcp://127.0.0.1:{self._line.port}",
            "http_port": self.port,
            "raw_port": 0,
            "history_folder": str(folder),
            **given,
        }
        self._loop = asyncio.new_event_loop()
        self._ended = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._line.start()
        self._thread.start()
        assert self._ready.wait(15), self.said
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)
        self._line.stop()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self._serve())
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)

    async def _serve(self):
        board = Pc(self._settings, Failures(logs.start("error")))
        app = assembly.make(self._settings, [], board, self.said.append)
        running = asyncio.create_task(app.run())
        try:
            while not app.guard:
                await asyncio.sleep(0.02)
                assert not running.done(), running.exception()
            while not app.history.count:
                await asyncio.sleep(0.02)
            self._ready.set()
            await running
        finally:
            running.cancel()
            await asyncio.wait([running])
