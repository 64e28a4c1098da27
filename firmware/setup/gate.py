"""Who may see and change settings: whoever has `admin_password`, from a page of the board's own.

Loaded when somebody asks for the page, see `firmware.http.seldom`, and kept for an hour after the
last request; the page itself, `firmware.setup.page`, is loaded for each.
"""

import os

from dsmr.const import const
from firmware import load
from firmware.http import refusal

#: Seconds after the last request in which a form that is open can be sent, and in which wrong
#: passwords count.
_PATIENCE = const(3600)


def create(context, health):
    """context: see `firmware.outputs.Context`; health(): a dict for `/healthz`."""
    return Gate(context, health)


class Gate:
    """Lets those who may on to the page."""

    def __init__(self, context, health):
        self.context = context
        self.health = health
        self._asked = 0
        self._password = load("http.password").Password(
            context.settings["admin_password"], context.board.clock
        )
        # What a form has to bring along: a page from elsewhere cannot know it.
        self.token = os.urandom(12).hex()

    def is_done(self, now):
        """Whether nobody has asked for long."""
        return now - self._asked > _PATIENCE * 1000

    async def answer(self, request):
        """The response to a GET or a POST."""
        self._asked = self.context.board.clock.now()
        is_change = request.method == "POST"
        refused = self._refusal(request, is_change)
        if refused:
            return refused
        page = load("setup.page")
        if is_change:
            return page.change(self, request)
        return page.export() if request.args.get("export") else page.show(self, request)

    def _refusal(self, request, is_change):
        """The response to who may not; None for who may."""
        headers = request.headers
        status = self._password.check(headers.get("Authorization"), request.client_addr[0])
        if status:
            return refusal(status, "The password of the setting admin_password is needed here.")
        if is_change:
            origin = headers.get("Origin", "")
            form = load("setup.html").form(request)
            if origin not in ("", "http://" + headers.get("Host", "")):
                return refusal(403, "Settings are changed from the board's own page only.")
            if form.get("token") != self.token:
                return refusal(403, "This page is too old: open /settings again.")
        return None
