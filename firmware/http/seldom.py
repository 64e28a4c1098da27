"""Pages that are asked for seldom: `/settings` and `/update`. What stays in memory is their route.

The module of such a page is loaded by a request, and what it makes is kept until it says that
nobody needs it any more. The module has `create(context, health)`; what that returns has

- `answer(request)`: a coroutine function that returns the response;
- `is_done(now)`: whether all that it knows may be forgotten. now: the clock's milliseconds.
"""

import asyncio

from dsmr.const import const
from firmware import load

#: Seconds between two looks whether a page is still needed.
_LOOK = const(30)

_MODULES = {"settings": "setup.gate", "update": "update.service"}


def add(app, context, health, names):
    """Add the pages with these names to microdot's app.

    context: see `firmware.outputs.Context`; health(): a dict for `/healthz`.
    """
    made: dict = {}

    @app.route("/<re:(%s):name>" % "|".join(names), methods=["GET", "POST"])
    async def answer(request, name):
        page = made.get(name)
        if page is None:
            page = made[name] = load(_MODULES[name]).create(context, health)
            asyncio.create_task(_drop(made, name, context.board.clock))  # noqa: RUF006 (the loop keeps it)
        return await page.answer(request)


async def _drop(made, name, clock):
    """Forget a page when nobody needs it any more."""
    while not made[name].is_done(clock.now()):
        await asyncio.sleep(_LOOK)
    del made[name]
