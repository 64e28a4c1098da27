"""Who may see and change settings: whoever has `admin_password`, from a page of the board's own.

It is in memory on a board with that setting; the page itself is loaded for each request.
"""

import os

from firmware import load
from firmware.http import refusal
from firmware.http.password import Password


class Gate:
    """context: see `firmware.assembly.Context`; errors: the last ones, as `/healthz` has them."""

    def __init__(self, context, errors):
        self.context = context
        self.errors = errors
        self._password = Password(context.settings["admin_password"], context.board.clock)
        # What a form has to bring along: a page from elsewhere cannot know it.
        self.token = os.urandom(12).hex()

    def routes(self, app):
        @app.get("/settings")
        async def show(request):
            return self._refusal(request) or load("setup.page").show(self, request)

        @app.get("/settings/export")
        async def export(request):
            return self._refusal(request) or load("setup.page").export(self)

        @app.post("/settings")
        async def change(request):
            return self._refusal(request, True) or load("setup.page").change(self, request)

    def _refusal(self, request, is_change=False):
        """The response to who may not; None for who may."""
        headers = request.headers
        status = self._password.check(headers.get("Authorization"), request.client_addr[0])
        if status:
            return refusal(status, "The password of the setting admin_password is needed here.")
        if is_change:
            origin = headers.get("Origin", "")
            form = request.form or {}
            if origin not in ("", "http://" + headers.get("Host", "")):
                return refusal(403, "Settings are changed from the board's own page only.")
            if form.get("token") != self.token:
                return refusal(403, "The board has restarted since the page came: open it again.")
        return None
