"""Pages that are asked for seldom: `/settings` and `/update`. They have no route, which would stay
in memory: what no route is for comes here.

The module of such a page is loaded by a request, and what it makes is kept until it says that
nobody needs it any more. The module has `create(context, health)`; what that returns has

- `answer(request)`: a coroutine function that returns the response;
- `is_done(now)`: whether all that it knows may be forgotten. now: the clock's milliseconds.
"""

import asyncio

from firmware import load
from firmware.http import refusal

MODULES = {"/settings": "setup.gate", "/update": "update.service"}

#: Seconds between two looks whether a page is still needed.
_LOOK = 30


def add(app, context, health, modules, busy=None):
    """Add pages to microdot's app; returns a dict with those that somebody needs just now.

    context: see `firmware.outputs.Context`; health(): a dict for `/healthz`; modules: those of
    MODULES that are wanted; busy: why there is nothing at other paths, if they come again.
    """
    made: dict = {}

    @app.errorhandler(404)
    async def answer(request):
        path = request.path
        if path not in modules:
            return refusal(503, busy) if busy else refusal(404)
        if request.method not in ("GET", "POST"):
            return refusal(405)
        page = made.get(path)
        if page is None:
            page = made[path] = load(modules[path]).create(context, health)
            asyncio.create_task(drop(path))  # noqa: RUF006 (the loop keeps it)
        return await page.answer(request)

    async def drop(path):
        """Forget a page when nobody needs it any more."""
        while not made[path].is_done(context.board.clock.now()):
            await asyncio.sleep(_LOOK)
        del made[path]

    return made
