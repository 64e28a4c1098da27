"""Outputs: each a module or package with `create(context)`; none knows another.

create returns an object with

- `tasks`: pairs of a name and a task, see `firmware.supervisor`;
- `counters()`: a dict for `/healthz`;
- `routes(app)`, if it has pages: adds them to microdot's app.

The table of settings names the output that a setting switches on; one that is off is never
imported. docs/add-an-output.md shows how to make one.
"""

from firmware import load


class Context:
    """What pages and outputs are given.

    settings; board, see `firmware.boards`; log; readout; meter, see `firmware.meter`; history, see
    `firmware.history`, or None where it is off; memory; fail(name, error), which counts an error;
    admits(address), or None: whether an address may connect; out: what all outputs render into, a
    `Writer`, of which nobody keeps anything over a pause; event_clients: how many may look at the
    live page's values at once; services: what mDNS is to announce, to which outputs add tuples
    (type, port, keys, instance, host); waiting: whether outputs wait for the confirmation of an
    update; bodies: what pages answer with until the next telegram, see `firmware.http.rendered`;
    read_before: whether a meter was read before all else was stopped for a page, see
    `firmware.single`; None in every other program.
    """

    def __init__(self):
        self.settings = self.board = self.log = self.readout = self.memory = self.fail = None
        self.meter = self.history = None
        self.services = []
        self.bodies = {}
        self.admits = self.out = self.event_clients = None
        self.waiting = False
        self.read_before = None
        self._renderer = self._renders = None

    def renderer(self, name):
        """A module of `firmware.renderers`. The one that was needed last stays in memory, but on a
        plain board, which has none for it. None: none is to stay."""
        if name and self.board.profile == "plain":
            return load("renderers." + name)
        if name != self._renders:
            self._renderer = None
            if name:
                self._renderer = load("renderers." + name)
            self._renders = name
        return self._renderer
