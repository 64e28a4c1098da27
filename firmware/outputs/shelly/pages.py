"""The meter by HTTP: Shelly's remote procedure calls, and the one page of an everHome EcoTracker.

Loaded when somebody asks, then dropped again. meter: a `firmware.outputs.shelly.Shelly`.
"""

import json

from microdot import Response

from dsmr.const import const
from firmware import load
from firmware.outputs.shelly import messages

# The methods whose result is measured, so that there is none without a telegram.
_MEASURED = ("EM.GetStatus", "EM1.GetStatus", "EMData.GetStatus", "Shelly.GetStatus")

# Shelly's numbers for a request that is none, and for one that cannot be answered.
_INVALID = const(-103)
_UNKNOWN = const(404)

_WRONG = 'The body must be a request such as {"id":1,"method":"EM.GetStatus","params":{"id":0}}.'

_NO_WEBSOCKET = "There is no WebSocket here: use GET /rpc/METHOD, or POST /rpc."

# Characters of a method's name that are sent back where it is not known.
_LONGEST = const(40)

# Milliseconds of the EcoTracker's mean.
_MINUTE = const(60_000)


def respond(meter, request, method):
    """microdot's response to a request; method: that of the path, such as "EM.GetStatus"."""
    if request.path == "/shelly":
        return _response(*_result(meter, "Shelly.GetDeviceInfo"))
    if request.path == "/v1/json":
        return _ecotracker(meter)
    if method is None and request.method == "GET":
        return _response(501, _error(_UNKNOWN, _NO_WEBSOCKET))
    if method is None:
        return _frame(meter, request.body)
    return _response(*_result(meter, method))


def _frame(meter, body):
    """The response to a call in a body: a frame."""
    call = messages.parse(body)
    if call is None:
        return _response(400, _error(_INVALID, _WRONG))
    status, result = _result(meter, call[0])
    member = "result" if status == 200 else "error"
    # Where the method is not known, it is the frame that says so.
    return _response(
        200 if status == 404 else status, messages.frame(call, meter.name, member, result)
    )


def _ecotracker(meter):
    """The response to `/v1/json`: all that an EcoTracker says, in whole W and Wh.

    Its mean is one of about a minute of the values that were asked for: each weighs as much as the
    time since the one before, and after a minute a third of that.
    """
    if meter.status() is None:
        return _response(503, '{"error":%s}' % json.dumps(_missing(meter)))
    values = meter.grid
    now = meter.context.board.clock.now()
    if not meter.mean_at:
        meter.mean_at = now - _MINUTE
    passed = min(now - meter.mean_at, _MINUTE)
    meter.mean += (values.power[0] - meter.mean) * passed // _MINUTE
    meter.mean_at = now
    power = values.power
    numbers = [(watts + 500) // 1000 for watts in power[:1] + [meter.mean] + power[1:]]
    numbers += [values.imported, values.exported]
    return _response(
        200,
        '{"power":%d,"powerAvg":%d,"powerPhase1":%d,"powerPhase2":%d,"powerPhase3":%d,'
        '"energyCounterIn":%d,"energyCounterOut":%d}' % tuple(numbers),
    )


def _result(meter, method):
    """(HTTP's status, the result or the error as JSON) of a method."""
    measured = None
    if method in _MEASURED:
        measured = meter.status()
        if measured is None:
            return 503, _error(503, _missing(meter))
        measured = measured.decode()
    if method == "EM.GetStatus":
        return 200, measured
    if method == "EM1.GetStatus":
        return 200, messages.one_phase_status(meter.grid).decode()
    result = load("outputs.shelly.device").result(meter, method, measured)
    if result is None:
        return 404, _error(_UNKNOWN, "No handler for %s" % method[:_LONGEST])
    return 200, result


def _missing(meter):
    """Why there is no power to be told, as a sentence."""
    readout = meter.context.readout
    if readout.fresh:
        return "The meter's telegrams say nothing of power."
    return load("summary").missing(readout)


def _error(code, message):
    """An error as Shelly's meters send it, as JSON."""
    return '{"code":%d,"message":%s}' % (code, json.dumps(message))


def _response(status, body):
    """microdot's response with JSON."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = "5"
    return Response(body, status, headers)
