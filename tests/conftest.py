"""What several test files need: a simulated meter and the firmware on a simulated board."""

import contextlib
import os

import pytest
import under_micropython
from meters import START

from host.build import arch_of_this_machine
from sim import interpreter as interpreters
from sim.broker import Broker
from sim.chip_build import build_chip
from sim.firmware import Firmware
from sim.line import Line
from sim.meter import Meter
from sim.ports import free_port

#: The MicroPythons: PyPI's, and in `make test-all` the one with a board's words too.
WORDS_64 = "64 bits"
WORDS_32 = pytest.param("32 bits", marks=pytest.mark.system)

#: Those that the running board is tested on. With WORDS_32 each of these tests also runs in
#: exactly the heap of a board without PSRAM.
BOARDS = [WORDS_64, WORDS_32]


def pytest_configure(config):
    """Give each of pytest's workers ports of its own, which all that it starts choose from: a port
    is free for a moment between the choice and the server."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    size = 20_000 // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    os.environ["SIM_PORTS"] = f"{10_000 + worker * size}-{9_999 + (worker + 1) * size}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Three for each processor, as most tests wait for a clock."""
    return 3 * (os.cpu_count() or 1)


def found(words):
    """The MicroPython with these words; where it is missing, the test fails and says so."""
    if words == WORDS_64:
        under_micropython.command()
        return interpreters.words64()
    interpreter = interpreters.words32()
    if not interpreter:
        pytest.fail("Debian's MicroPython for i386 is missing: python -m sim.interpreter")
    return interpreter


@pytest.fixture(params=[WORDS_64, WORDS_32])
def interpreter(request):
    """Each MicroPython."""
    return found(request.param)


@pytest.fixture(params=BOARDS)
def board_interpreter(request):
    """Each MicroPython that the running board is tested on."""
    return found(request.param)


@pytest.fixture
def board(tmp_path, board_interpreter):
    """A function that starts the firmware: board(line, settings…) -> Firmware, up and running.

    line: a started `sim.line.Line`, or None for a meter that is not there. `up=False` returns at
    once; `environment` has further SIM_… variables; a board with `psram` has 2 MB of heap. What it
    started is stopped at the end.
    """
    with contextlib.ExitStack() as stack:

        def start(line=None, up=True, environment=None, heap=None, psram=False, **settings):
            if psram:
                heap, environment = "2m", {"SIM_PSRAM": "1", **(environment or {})}
            # A board without PSRAM has no room for both.
            raw_port = 0 if "mqtt_host" in settings else free_port()
            if line and line.speed != 1:
                # More may come while the program does something else.
                settings.setdefault("uart_rxbuf", 4096)
            firmware = Firmware(
                tmp_path / "flash",
                meter_port=line.port if line else 0,
                settings={"http_port": free_port(), "raw_port": raw_port, **settings},
                environment=environment,
                heap=heap,
                interpreter=board_interpreter,
            )
            stack.enter_context(firmware)
            if up:
                firmware.wait_until_up()
            return firmware

        yield start


@pytest.fixture
def broker():
    """A broker for MQTT."""
    with Broker() as one:
        yield one


@pytest.fixture
def power(tmp_path, board_interpreter):
    """A function that starts a board with changed code: see `power.Power`."""
    from power import Power

    with contextlib.ExitStack() as stack:
        yield lambda *given, **named: stack.enter_context(
            Power(tmp_path, board_interpreter, *given, **named)
        )


@pytest.fixture(scope="session")
def chip(tmp_path_factory):
    """A folder with the simulated chip's modules, compiled for PyPI's MicroPython."""
    return build_chip(tmp_path_factory.mktemp("chip"), arch_of_this_machine())


@pytest.fixture
def meter_line():
    """A function that starts a simulated meter's line: meter_line("t211", speed=…) -> Line."""
    with contextlib.ExitStack() as stack:

        def start(kind="t211", start=START, seed=1, **options):
            options.setdefault("listen", ("127.0.0.1", 0))
            return stack.enter_context(Line(Meter(kind, start, seed), **options))

        yield start


@pytest.fixture
def program():
    """A function that starts `python main.py` with arguments: see `pc_program.Program`."""
    from pc_program import Program

    started = []

    def start(*arguments, **environment):
        started.append(Program(*arguments, **environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()
