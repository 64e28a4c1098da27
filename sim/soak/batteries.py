"""Batteries that ask the firmware while it soaks: one by Shelly's UDP, one by Modbus TCP."""

import contextlib
import json
import socket
import struct
from functools import partial

from sim.soak.clients import Askers
from sim.soak.result import Result

#: Seconds between two questions of one, and for which an answer is waited for.
_PAUSE = 0.05
_PATIENCE = 0.2

_ASK_SHELLY = b'{"id":1,"method":"EM.GetStatus","params":{"id":0}}'

#: Function 4: the two registers of an SDM630's total power; and how its answer begins.
_ASK_MODBUS = struct.pack(">HHHBBHH", 7, 0, 6, 1, 4, 0x34, 2)
_ANSWER_MODBUS = struct.pack(">HHHBBB", 7, 0, 7, 1, 4, 4)


class Batteries(Askers):
    """Ask for the power over and over, from threads of their own, until they are told to stop.

    Silence is an answer as well: values that were told, or that do not count, are not told again.
    """

    def __init__(self, settings: dict, result: Result):
        """settings: the firmware's; those that are off are not asked."""
        asks = []
        if settings.get("shelly"):
            asks.append(partial(self._ask_shelly, settings["shelly_port"]))
        if settings.get("modbus_port"):
            asks.append(partial(self._ask_modbus, settings["modbus_port"]))
        super().__init__(result, asks)

    def _ask_shelly(self, port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as battery:
            battery.settimeout(_PATIENCE)
            while not self._stopped.wait(_PAUSE):
                battery.sendto(_ASK_SHELLY, ("127.0.0.1", port))
                with contextlib.suppress(OSError):
                    self._take("Shelly", battery.recv(2048), self._shelly_watts)

    def _ask_modbus(self, port: int) -> None:
        while not self._stopped.wait(_PAUSE):
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", port), 5) as battery:
                    while not self._stopped.wait(_PAUSE):
                        battery.sendall(_ASK_MODBUS)
                        answer = battery.recv(256)
                        if not answer:
                            break
                        # While the meter is silent: function 4 with exception 4.
                        if answer[7:9] != b"\x84\x04":
                            self._take("Modbus", answer, self._modbus_watts)

    def _take(self, kind: str, answer: bytes, watts_of) -> None:
        try:
            watts_of(answer)
        except (ValueError, KeyError, struct.error) as error:
            self._result.bad.append(f"{kind}: {error}: {answer!r}")
        else:
            self._result.batteries[kind] += 1

    @staticmethod
    def _shelly_watts(answer: bytes) -> float:
        return json.loads(answer)["result"]["total_act_power"]

    @staticmethod
    def _modbus_watts(answer: bytes) -> float:
        if not answer.startswith(_ANSWER_MODBUS):
            raise ValueError("it is no answer to what was asked")
        return struct.unpack(">f", answer[len(_ANSWER_MODBUS) :])[0]
