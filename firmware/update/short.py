"""Messages of an update on a board whose memory is too short for a session."""

from microdot import Response

from firmware import load
from firmware.http import JSON, refusal


def answer(service, body):
    """The response to a message.

    The first of a session, whatever it asks for, restarts the board to take in nothing but the
    update; its answer says so.
    """
    parsed = load("update.message").parse(service.key, body)
    if parsed is None:
        return refusal(403)
    nonce, number = parsed[:2]
    if nonce != service.nonce or number != 1:
        return refusal(409)
    service.renew()
    service.context.log.say(
        "Memory is too short for an update: the board restarts and takes in nothing but that.",
        True,
    )
    load("alone").begin("/update", service.reads(), service.context.board)
    return Response('{"restarts": true}\n', 200, JSON)
