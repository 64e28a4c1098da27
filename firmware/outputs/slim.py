"""Lets go of what microdot has and a board never uses: more than half of its memory.

Measured, function by function: what is read from the network is read by `firmware.outputs.front`,
which writes responses too; paths are in a dict, and there are no forms, cookies or files. The
build leaves all this out, see `host.trim`, which reads the tables here; this module does it on a
board that has microdot as it comes, and is needed once.
"""

import microdot
from microdot import microdot as whole

# A class, or "" for what is in none, and the names that nobody uses.
_UNUSED = (
    ("", "abort redirect send_file AsyncBytesIO URLPattern urlencode"),
    ("Request", "create _safe_readline json form files body stream after_request"),
    (
        "Response",
        "set_cookie delete_cookie redirect send_file types_map already_handled complete write "
        "body_iter",
    ),
    (
        "Microdot",
        "route get post put patch delete query before_request after_request after_error_request "
        "errorhandler mount abort start_server run shutdown handle_request "
        "find_route error_response",
    ),
)

# The same, and what serves us as well.
_INSTEAD = (
    # Who gives an argument of a query twice has the last one count.
    ("", "NoCaseDict", dict),
    ("", "MultiDict", dict),
    # What a handler may keep of a request; none does.
    ("Request", "G", object),
    # It is looked up at the start.
    ("Microdot", "default_options_handler", None),
    # By what this gives of an error's class its handler is looked for; there are no handlers.
    ("", "mro", repr),
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
