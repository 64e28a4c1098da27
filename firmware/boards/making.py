"""Makes the program on a board: loaded when it starts, then dropped again."""

from firmware import borrow
from firmware.boards.esp32 import Esp32
from firmware.boards.guard import FAILURES

_SETTINGS = "config.json"


def make(before):
    """The program. In safe mode nothing is imported that it does not need.

    before: the program that ran in safe mode, if one did.
    """
    if before:
        settings, problems, board = before.settings, before.problems, before.board
    else:
        settings, problems = borrow("config").load(_SETTINGS)
        board = Esp32(settings)
        if not settings["wifi_name"]:
            print(borrow("prompt").NO_WIFI)
        if board.guard.failed >= FAILURES:
            from firmware.safe import Safe

            return Safe(settings, problems, board)
    from microdot import Request

    # Unless the build has done it.
    if getattr(Request, "create", None):
        borrow("outputs.slim")
    from firmware.app import App

    app = App(settings, problems, board)
    _let_go_of_parser(app)
    return app


def let_go(kinds):
    """Frees the code of classes that makes an object, where there is one of each.

    None in its place: a dict keeps the value of a key that was removed.
    """
    for kind in kinds:
        setattr(kind, "__init__", None)  # noqa: B010 (a type checker would not have it)


def _let_go_of_parser(app):
    """Frees the code that makes what there is one of: 5 KB on words of 64 bits."""
    from dsmr.telegram import Telegram
    from firmware.tasks import Tasks

    board = app.board
    made = [app, app.parser, app.readout, app.meter, app.log, board, board.guard, board.clock]
    let_go([type(one) for one in made] + [Tasks, Telegram])
