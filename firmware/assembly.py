"""Puts the program together from its settings and a board: needed at the start only."""

import asyncio
import os

from dsmr import TelegramParser
from firmware import VERSION, load
from firmware.app import App
from firmware.log import Log
from firmware.meter import Meter, Readout
from firmware.outputs import Context
from firmware.renderers import Writer
from firmware.supervisor import Supervisor
from firmware.supervisor.memory import Memory

#: Places for the live page by profile, where the setting is null.
_EVENT_CLIENTS = {"plain": 1, "roomy": 4, "PC": 8}

#: KB of memory that an output may take while an update is on trial: on a board with little memory
#: there must be room to confirm it.
_LEAST = 3


def make(settings, problems, board, write=print):
    """The program, see `firmware.app.App`.

    problems: sentences about settings that are wrong; write: prints a line of the log.
    """
    app = App()
    app.settings = settings
    app.problems = problems + board.problems
    app.board = board
    app.log = Log(board.clock, settings["log_interval"], write)
    app.log.summary = app.summary
    app.memory = Memory(board, app.log)
    app.supervisor = Supervisor(board, app.log)
    app.parser = TelegramParser(
        load("budget").telegram_size(settings, board.profile),
        crc_required=settings["crc"] == "required",
        demand_floor=settings["demand_floor"],
    )
    app.readout = Readout(board.clock, app.parser, app.supervisor.fail, settings["stale_after"])
    app.meter = Meter(board.open_port, app.parser, app.readout, app.log, board.blink)
    app.meter.on_too_long = app.keep_size
    return app


async def start(app):
    """Start everything. What is off is not imported."""
    log, board, supervisor = app.log, app.board, app.supervisor
    app.look = None  # Ctrl-C may have come amid one, which goes on no more
    log.say("power-readout %s" % VERSION)
    for problem in app.problems:
        log.say("Settings: " + problem)
    board.start_network(log)
    supervisor.start("meter", app.meter)
    # WiFi connects while what comes after it is loaded.
    await asyncio.sleep(0)
    if not app.guard:
        await _add_outputs(app)
        board.loaded()
    supervisor.start("web", app.guard)
    for output in app.outputs.values():
        for name, task in output.tasks:
            supervisor.start(name, task, True)
    supervisor.turns += [
        ("web", app.guard.turn),
        ("memory", app.memory.turn),
        ("log", log.turn),
    ]
    if board.watchdog:
        if board.led:
            led = load("boards.led")
            supervisor.start("LED", led.Led(board.led, led.state_of(app)))
        if "config.json.tried" in os.listdir():
            load("setup.revert").watch(app)
        if app.settings["hotspot_password"]:
            load("setup.door").watch(app)
    if board.network:
        supervisor.turns += [("network", board.network.turn), ("deafness", app.turn)]


async def _add_outputs(app):
    """Add the pages and the outputs that are switched on. What is off is not imported."""
    settings, board = app.settings, app.board
    context = Context()
    context.settings, context.board, context.log = settings, board, app.log
    context.readout, context.memory = app.readout, app.memory
    context.fail = app.supervisor.fail
    context.out = Writer()
    context.event_clients = settings["event_clients"]
    if context.event_clients is None:
        context.event_clients = _EVENT_CLIENTS[board.profile]
    if settings["allow_from"]:
        from firmware.http.access import Access

        context.admits = Access(settings["allow_from"]).allows
    from firmware.http import pages
    from firmware.http.guard import Guard

    web = pages.make(context, app.health)
    app.guard = Guard(web, context)
    is_trial = False
    if board.watchdog:
        # Only a board is set up and brought up to date over the network.
        seldom = {}
        if settings["admin_password"] != "":
            seldom["/settings"] = "setup.gate"
        there = os.listdir()
        if "update_key" in there:
            seldom["/update"] = "update.service"
        if "tree.json" in there and load("update.trees").is_on_trial(app.log):
            is_trial = board.heap_limit is not None
        if seldom:
            load("http.seldom").add(web, context, app.health, seldom)
    budget = load("budget")
    for name, setting, cost in load("settings").outputs(settings):
        # Others run while it is loaded.
        await asyncio.sleep(0)
        if is_trial and cost > _LEAST:
            context.waiting = True
            app.log.say("%s: it is started when the update is confirmed." % setting)
            continue
        problem = budget.refusal(name, setting, cost, settings, board)
        if problem:
            app.problems.append(problem)
            app.log.say("Settings: " + problem)
            continue
        try:
            module = __import__("firmware.outputs." + name, None, None, ("create",))
            output = module.create(context)
            # Once as it will be done later, so that what is no output is never one of them.
            output.counters()
            for _ in output.tasks:
                pass
            if hasattr(output, "routes"):
                output.routes(web)
            app.outputs[name] = output
        except Exception as error:
            context.fail(name, error)
