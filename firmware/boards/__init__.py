"""What the program runs on. Everything that knows a pin, a WLAN or a serial device is in here.

A board has these attributes; a PC's are in `host.pc`.

- `profile`: "plain" or "roomy", by what the chip has; "PC";
- `heap_limit`: bytes that the heap may have, None where it may have any;
- `page`: the folder of the live page's files;
- `clock`: a `Clock`;
- `open_port()`: a coroutine function that opens the meter's port, see `firmware.meter.Meter`;
- `network`: what keeps the network up, with `turn(now)`, to be called every second, `address` and
  `state()`; None where that is somebody else's work;
- `networks()`: a list of (address, netmask) as texts, one for each network that the board is on;
  empty while there is none;
- `resolve(host, timeout)`: a coroutine function that finds the address of a host whose name ends
  in .local, or None after so many seconds; None where the system does that. The program sets it
  where it has mDNS in its own hands;
- `station()`: (MAC address as 12 hexadecimal digits, name of the WiFi, its RSSI in dBm or None);
- `network_memory()`: (bytes free, largest block, least ever free) of the memory that the network
  lives on; None where it has its own;
- `watchdog`: a `firmware.supervisor.watchdog.Watchdog`; None where others watch;
- `listen(port, connected, ready)`: a coroutine function that starts the coroutine
  connected(stream) for each connection to a port, until it is cancelled; a board lets one wait
  while ready() is false. A stream has `readinto(buffer)`, `write(data)`, which takes a copy of
  what cannot be sent at once, `writable()`, which waits until a packet can be, `drain()`,
  `close()`, `ended()`, whether the other side has closed it, and `address`;
- `connect(host, port, tls, authority)`: a coroutine function that connects to somebody over TCP,
  without holding up the loop; it returns a reader, a writer and a function that closes both, or
  raises OSError with a sentence. authority: the file with the certificate that the other's is
  signed with, or "";
- `problems`: sentences about settings that do not fit it;
- `restart()`, only a board has it: starts anew, and never returns;
- `blink()`: shows that a telegram has come; `facts()`: a dict of what the board knows of itself,
  for `/healthz`.
"""


class Clock:
    """Counts on from a tick counter that wraps.

    ticks_ms: returns the counter; ticks_diff(later, earlier): the difference across its end. On
    the ESP32 the counter wraps after 12.4 days, and a difference holds for half of that, so that
    `now` must be called more often than every six days.
    """

    def __init__(self, ticks_ms, ticks_diff):
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._ticks = ticks_ms()
        self._now = 0

    def now(self):
        """Milliseconds since the clock was made."""
        ticks = self._ticks_ms()
        self._now += self._ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._now
