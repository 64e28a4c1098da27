"""Outputs: each a module or package with `create(context)`; none knows another.

context: see `firmware.assembly.Context`. create returns an object with

- `tasks`: pairs of a name and a task, see `firmware.supervisor`;
- `counters()`: a dict for `/healthz`;
- `routes(app)`, if it has pages: adds them to microdot's app.

The table of settings names the output that a setting switches on; one that is off is never
imported. docs/add-an-output.md shows how to make one.
"""
