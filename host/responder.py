"""What answers by mDNS on a PC: zeroconf's responder, with all it has to say among the answers."""

from zeroconf import Zeroconf


class Responder(Zeroconf):
    """Announces and answers.

    To a question for services of a type zeroconf answers with their names, and adds place, address
    and keys as additional records, as RFC 6763, clause 12.1, has it. There are clients that look
    among the answers only. A board's responder has all of it there (`mdns.responder`), and so
    has this one.
    """

    def async_send(self, out, *arguments, **more):
        """Send a message, by which all that zeroconf says goes out."""
        if not out.is_query():
            for record in out.additionals:
                # The time tells how much of its life is left; at 0 it is all of it.
                out.add_answer_at_time(record, 0)
            out.additionals.clear()
        super().async_send(out, *arguments, **more)
