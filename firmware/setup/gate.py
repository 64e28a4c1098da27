"""Who may see and change settings: whoever has `admin_password`, from a page of the board's own.

Loaded when somebody asks for the page, see `firmware.http.seldom`, and kept for an hour after the
last request; the page itself, `firmware.setup.page`, is loaded for each.
"""

import os

from dsmr.const import const
from firmware import load
from firmware.http import refusal

#: Seconds after the last request in which a form that is open can be sent, and in which wrong
#: passwords count; and where nothing else runs meanwhile, so that the meter is not read.
_PATIENCE = const(3600)
_ALONE = const(300)

# Bytes of the heap that the page needs, and a change: so that where the page has come, a change
# can be followed.
_PAGE = const(20_000)
_CHANGE = const(13_000)


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
        patience = _PATIENCE if self.context.read_before is None else _ALONE
        return now - self._asked > patience * 1000

    async def answer(self, request):
        """The response to a GET or a POST."""
        self._asked = self.context.board.clock.now()
        is_change = request.method == "POST"
        refused = self._refusal(request, is_change)
        if refused:
            return refused
        if load("setup.revert").is_on():
            confirm = load("setup.confirm")
            is_kept = is_change and request.form.get("action") == "keep"
            return confirm.keep(self) if is_kept else confirm.show(self)
        if self._is_short(_CHANGE if is_change else _PAGE):
            context = self.context
            context.log.say("Memory is too short for /settings: the board restarts.", True)
            load("alone").begin("/settings", context.readout.fresh, context.board)
            return load("setup.confirm").wait()
        if is_change:
            return load("setup.change").change(self, request)
        page = load("setup.page")
        if request.args.get("export"):
            return page.export()
        return page.show(self, request.args.get("group"), load("config_file").given(), {})

    def _is_short(self, wanted):
        """Whether there is no such memory, but will be when nothing else runs."""
        heap = self.context.memory.heap()
        if heap is None or self.context.read_before is not None:
            return False
        return heap[1] - heap[0] < wanted

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
