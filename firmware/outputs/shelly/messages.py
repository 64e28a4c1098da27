"""What batteries ask a Shelly Pro 3EM for, and what it answers, as JSON.

A request is an object such as {"id":1,"method":"EM.GetStatus","params":{"id":0}}, which may have a
"src". By UDP it is a datagram, by HTTP the body of a POST.

Some batteries do not parse an answer: they look for a key and read the number behind it. So there
are no blanks, the keys come in the real meter's order, and each power has a decimal point, 0 too.
L1, L2 and L3 are called a, b and c. Keys and numbers of decimals are those of Shelly's components
EM and EM1.
"""

import json

from dsmr.const import const

#: Bytes of the longest request. Batteries' have some 60.
LONGEST = 512

# The most objects and lists in a request, which has two. As many as fit would take 24 KB.
_NESTED = const(8)

# The most characters of who asks and of a request's number that are sent back: an answer must stay
# below 600 bytes.
_SENT_BACK = const(32)


def parse(data):
    """(method, its component's number, request's number, source), or None if it is no request.

    The component's number is an integer, or None where there is none. The last two are JSON, to be
    sent back: `"unknown"` where there is no source.
    """
    if len(data) > LONGEST or data.count(b"{") + data.count(b"[") > _NESTED:
        return None
    try:
        request = json.loads(data)
        method, number = request["method"], request["id"]
        component = request.get("params", {}).get("id")
        source = request.get("src", "unknown")
    except (ValueError, TypeError, KeyError, AttributeError):
        # It is no JSON, or another kind of it.
        return None
    # isinstance() would take True for an integer.
    if type(method) is not str or type(source) is not str or type(number) not in (int, str):
        return None
    number, source = json.dumps(number), json.dumps(source)
    if len(number) > _SENT_BACK or len(source) > _SENT_BACK:
        return None
    return method, component if type(component) is int else None, number, source


def frame(call, own, member, result):
    """The answer to a request as `parse` gives it.

    own: the name of who answers; member: "result" or "error"; result: that member's JSON.
    """
    return '{"id":%s,"src":"%s","dst":%s,"%s":%s}' % (call[2], own, call[3], member, result)


def datagram(call, own, result):
    """The same for a result that is bytes: a board has no memory for further copies of it."""
    begin = '{"id":%s,"src":"%s","dst":%s,"result":' % (call[2], own, call[3])
    return b"".join((begin.encode(), result, b"}"))


def status(values):
    """The result of EM.GetStatus as bytes; values: a `grid.Grid`."""
    parts = ['{"id":0']
    for phase in (1, 2, 3):
        for name, number, decimals in (
            ("current", values.current[phase], 3),
            ("voltage", values.voltage[phase], 1),
            ("act_power", values.power[phase], 1),
            ("aprt_power", values.apparent[phase], 1),
            ("pf", values.factor[phase], 2),
            ("freq", values.frequency, 1),
        ):
            parts.append(',"%s_%s":%s' % (" abc"[phase], name, text(number, decimals)))
    parts.append(
        ',"n_current":null,"total_current":%s,"total_act_power":%s,"total_aprt_power":%s,'
        '"user_calibrated_phase":[]}'
        % (text(values.current[0], 3), text(values.power[0], 3), text(values.apparent[0], 3))
    )
    return "".join(parts).encode()


def one_phase_status(values):
    """The result of EM1.GetStatus as bytes, that of a meter of one phase: the power of all phases.

    It is short, as a Marstek Venus does not accept 200 bytes or more here.
    """
    return b'{"act_power":%s}' % text(values.power[0], 1).encode()


def text(number, decimals):
    """A number of thousandths as text with so many decimals, 1 to 3; rounded."""
    part = 10 ** (3 - decimals)
    number = (number + part // 2) // part
    whole, rest = divmod(abs(number), 10**decimals)
    return "%s%d.%0*d" % ("-" if number < 0 else "", whole, decimals, rest)
