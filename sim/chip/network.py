"""The ESP32's `network`, simulated: a station's states, errors and reconnects.

As in the ESP32 port the driver tries for ever once it was asked to connect, `connect()` meanwhile
raises, and `status()` may name the last failure while it still tries. Real sockets of the host
carry the traffic, whatever the state here.

The ESP32's module takes no heap, and nor does its driver. So the driver is `chip_wlan`, which is
loaded for each call and dropped again, and its state is outside of the heap. Only what is asked
all the time is answered from here, for as long as it is known in advance: from connect() on, where
no SIM_WORLD may change.
"""

import sys
import time


def __getattr__(*what):
    import chip_wlan

    del sys.modules["chip_wlan"]
    return chip_wlan.find(*what)


class _Station:
    """The one station. What it has not is found as what the module has not."""

    __getattr__ = __getattr__

    def isconnected(self):
        if _state:
            return time.ticks_diff(time.ticks_ms(), _state[5]) >= 0
        return __getattr__(self, "isconnected")()

    def status(self, what=None):
        if what == "rssi" and _state and self.isconnected():
            return _state[4]
        return __getattr__(self, "status")(what)

    def ifconfig(self, *what):
        if _state and not what and self.isconnected():
            return _state[:4]
        return __getattr__(self, "ifconfig")(*what)


_wlan = _Station()
#: The four of ifconfig(), the RSSI, and since when there are these, which may be to come; or None.
_state = None
