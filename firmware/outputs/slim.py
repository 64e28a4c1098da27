"""Lets go of what microdot has and a board never uses: nearly all of its memory.

Measured, function by function: what is read from the network is read by `firmware.outputs.front`,
which routes and answers too; there are no forms, cookies or files. The build leaves all this out,
see `host.trim`, which reads the tables here; this module does it on a board that has microdot as
it comes, and is needed once.
"""

import microdot
from microdot import microdot as whole

# A class, or "" for what is in none, and the names that nobody uses.
_UNUSED = (
    (
        "Request",
        "create _safe_readline json form files body stream after_request max_content_length "
        "max_body_length max_readline",
    ),
    (
        "",
        "Microdot Response HTTPException NoCaseDict URLPattern AsyncBytesIO MUTED_SOCKET_ERRORS "
        "abort redirect send_file urlencode mro invoke_handler iscoroutinefunction iscoroutine "
        "partial print_exception traceback asyncio io re time json",
    ),
)

# The same, and what serves us as well.
_INSTEAD = (
    # Who gives an argument of a query twice has the last one count.
    ("", "MultiDict", dict),
    # What a handler may keep of a request; none does.
    ("Request", "G", object),
)


def _put(owner, name, other):
    setattr(getattr(whole, owner) if owner else whole, name, other)
    if not owner and hasattr(microdot, name):
        setattr(microdot, name, other)


for _owner, _names in _UNUSED:
    for _name in _names.split():
        # None in its place: a dict keeps the value of a key that was removed.
        _put(_owner, _name, None)

for _owner, _name, _other in _INSTEAD:
    _put(_owner, _name, _other)
