"""Starts the parts of the program, and adds the pages and outputs: needed at the start only."""

import asyncio
import os

import firmware
from dsmr.const import const
from firmware import VERSION, load
from firmware.outputs import Context
from firmware.renderers import Writer

#: The output that is made before the network is there, as the chip's own responder takes its port
#: with the first address; and KB of the heap that the pages take, which come later.
_FIRST = const("discovery")
_LATER = const(27)

#: KB of memory that an output may take while an update is on trial: on a board with little memory
#: there must be room to confirm it.
_LEAST = 3


async def start(app):
    """Start everything. What is off is not imported."""
    log, board, supervisor = app.log, app.board, app.supervisor
    firmware.is_tight = board.profile == "plain"
    app.look = None  # Ctrl-C may have come amid one, which goes on no more
    log.say("power-readout %s" % VERSION)
    for problem in app.problems:
        log.say("Settings: " + problem)
    context = None
    if not app.guard:
        # All at once, so that the module is in memory no longer than that.
        outputs = tuple(load("settings").outputs(app.settings, board.profile))
        context = _context(app, outputs)
    board.start_network(log)
    supervisor.start("meter", app.meter)
    # WiFi connects while what comes after it is loaded.
    await asyncio.sleep(0)
    if context:
        await _add_outputs(app, context, outputs)
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


def _context(app, outputs):
    """What pages and outputs are given; with it comes the output that must be there first.

    outputs: see `firmware.settings.outputs`.
    """
    settings, board = app.settings, app.board
    context = Context()
    context.settings, context.board, context.log = settings, board, app.log
    context.readout, context.memory = app.readout, app.memory
    context.meter = app.meter
    context.fail = app.supervisor.fail
    context.out = Writer()
    context.event_clients = load("budget").event_clients(settings, board.profile)
    if settings["allow_from"]:
        from firmware.http.access import Access

        context.admits = Access(settings["allow_from"]).allows
    # A PC has `host.mdns` in its place.
    if board.profile != "PC" and settings["wifi_name"]:
        for name, setting, cost in outputs:
            if name == _FIRST:
                _add_output(app, context, None, name, setting, cost, _LATER)
    return context


async def _add_outputs(app, context, outputs):
    """Add the pages and the outputs that are switched on. What is off is not imported."""
    settings, board = app.settings, app.board
    from firmware.http import pages
    from firmware.http.guard import Guard

    web = pages.make(context, app.health)
    app.guard = Guard(web, context)
    if _FIRST in app.outputs:
        board.resolve = app.outputs[_FIRST].resolve
        load("http.services").announce(context)
    is_trial = False
    if board.watchdog:
        # Only a board is set up and brought up to date over the network.
        seldom = load("http.seldom")
        modules = {}
        if settings["admin_password"] != "":
            modules["/settings"] = seldom.MODULES["/settings"]
        there = os.listdir()
        if "update_key" in there:
            modules["/update"] = seldom.MODULES["/update"]
            app.takes_updates = True
        if "tree.json" in there and load("update.trees").is_on_trial(app.log):
            is_trial = board.heap_limit is not None
        if modules:
            seldom.add(web, context, app.health, modules)
    for name, setting, cost in outputs:
        # Others run while it is loaded.
        await asyncio.sleep(0)
        if name == _FIRST:
            continue
        if is_trial and cost > _LEAST:
            context.waiting = True
            app.log.say("%s: it is started when the update is confirmed." % setting)
            continue
        _add_output(app, context, web, name, setting, cost)
    if settings["history"] is not False:
        # The last: it gives way to outputs where there is no room for both.
        _start_history(app, context, is_trial)


def _start_history(app, context, is_trial):
    """Start the history: in files; or in memory alone, where there is less room.

    is_trial: whether there must be room to confirm an update.
    """
    budget = load("budget")
    wanted = app.settings["history"]
    for name, cost, has_files in budget.HISTORIES:
        problem = budget.refusal(name, "history", cost, app.settings, app.board, app.outputs)
        if problem:
            if wanted:
                _say(app, problem)
            continue
        if is_trial:
            context.waiting = True
            return
        try:
            context.history = app.history = load("history.start").start(context, has_files)
        except Exception as error:
            context.fail("history", error)
        return


def _add_output(app, context, web, name, setting, cost, later=0):
    """Add an output, and its pages to `web`, if there is room for it."""
    problem = load("budget").refusal(
        name, setting, cost, app.settings, app.board, app.outputs, later
    )
    if problem:
        _say(app, problem)
        return
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


def _say(app, problem):
    app.problems.append(problem)
    app.log.say("Settings: " + problem)
