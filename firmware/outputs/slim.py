"""Lets go of what microdot has and a board never uses: 7 KB on words of 64 bits.

Measured, function by function: what is read from the network is read by `firmware.outputs.front`,
paths are in a dict, and there are no forms, cookies or files. The module is needed once.
"""

import microdot
from microdot import microdot as whole

_UNUSED = (
    (microdot, "abort redirect send_file AsyncBytesIO URLPattern"),
    (whole, "abort redirect send_file AsyncBytesIO URLPattern urlencode"),
    (whole.Request, "create _safe_readline json form files body stream after_request"),
    (
        whole.Response,
        "set_cookie delete_cookie redirect send_file types_map write complete body_iter "
        "already_handled",
    ),
    (
        whole.Microdot,
        "route get post put patch delete query before_request after_request after_error_request "
        "errorhandler mount abort start_server run shutdown default_options_handler "
        "handle_request",
    ),
    (whole.MultiDict, "getlist"),
    (whole.NoCaseDict, "__delitem__ update"),
)

for _owner, _names in _UNUSED:
    for _name in _names.split():
        # None in its place: a dict keeps the value of a key that was removed.
        setattr(_owner, _name, None)
