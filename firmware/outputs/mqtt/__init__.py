"""Publishes to an MQTT broker. docs/mqtt.md has the topics.

Nothing is queued: what goes out is what the newest telegram says. All that has to do with the
broker is done in turns, and each turn has a deadline; the meter's task never waits for one.
"""

import asyncio

from dsmr.const import const
from dsmr.fields import FIELDS, name, slot
from firmware import load
from firmware.outputs.mqtt.client import KEEP_ALIVE
from firmware.renderers import metrics

#: Seconds between looks at what is due. Waiting for a telegram, but no longer than the values are
#: fresh or the broker patient, would take a task for each.
_LOOK = 0.25

#: Milliseconds for a turn: to connect, to send, and to have all acknowledged. Until a name is
#: found to be unknown may take 12 seconds.
_PATIENCE = const(20_000)

#: Seconds before the next attempt; they double up to the second number while attempts fail.
_PAUSE = const(1)
_LONGEST_PAUSE = const(60)

# Several packets are sent together, in pieces of about this size.
_PIECE = const(1024)

# Milliseconds between two reports on the reader itself. There is a turn each half minute at least.
_SELDOM = const(60_000)


class Mqtt:
    """Publishes to the broker of the setting `mqtt_host`.

    What has no underscore is also for `firmware.outputs.mqtt.reports`, which is loaded when it is
    needed.
    """

    #: Seconds: the longest pause, an attempt, and much to spare.
    deadline = 300

    def __init__(self, context):
        #: Turns of the loop, whether the broker answers or not.
        self.turns = 0
        self.tasks = (("MQTT", self),)
        self.settings = settings = context.settings
        self.readout = context.readout
        self.board = context.board
        self._log = context.log
        prefix = settings["mqtt_prefix"] or settings["hostname"]
        #: What all topics begin with.
        self.prefix = prefix.encode() + b"/"
        #: The client's name for the broker, and the device's for Home Assistant.
        self.name = prefix.replace("/", "_").replace(".", "_")
        # Others use it in each pause.
        self._out = context.out
        self.memory = context.memory
        # By field: whether it has a topic of its own.
        self._wanted = bytearray(FIELDS)
        for wanted in settings["mqtt_fields"].split(","):
            if wanted == "all":
                self._wanted = bytearray(b"\1" * FIELDS)
            elif wanted:
                self._wanted[slot(wanted.encode())] = 1
        #: By field: its unit and decimals when it first came.
        self.unit = bytearray(FIELDS)
        self.decimals = bytearray(FIELDS)
        self.client = None
        self._state = {"connected": False, "reconnects": -1}
        # What went wrong in a turn, and what should not have: a fault of ours.
        self._problem = self._fault = None

    def counters(self):
        state = dict(self._state)
        state["reconnects"] = max(0, state["reconnects"])
        return state

    async def run(self):
        """Never returns."""
        pause = _PAUSE
        # What was said last on the console.
        self._said = ""
        # A program that was stopped amid a turn has left it open.
        self._hang_up()
        try:
            while True:
                self.turns += 1
                await asyncio.sleep(_LOOK)
                if self.client is None:
                    network = self.board.network
                    if network and not network.address:
                        continue
                elif not self._is_due():
                    continue
                problem = await self._turn()
                if problem is None:
                    pause = _PAUSE
                    continue
                self._hang_up()
                self._state["last_error"] = problem
                self._say("MQTT: %s; trying again." % problem)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self._hang_up()

    async def _turn(self):
        """Connect if need be, and publish what is due; returns what went wrong, or None."""
        clock = self.board.clock
        end = clock.now() + _PATIENCE
        self._problem = "the broker does not answer"
        self._fault = None
        task = asyncio.create_task(self._try())
        try:
            while not task.done() and clock.now() < end:
                await asyncio.sleep(_LOOK)
        finally:
            task.cancel()
            while not task.done():
                await asyncio.sleep(0)
        if self._fault:
            raise self._fault
        return self._problem

    async def _try(self):
        try:
            if self.client is None:
                await self._connect()
            await self._publish()
            self._done_at = self.board.clock.now()
            self._problem = None
        except EOFError:
            self._problem = "the broker has closed the connection"
        except OSError as error:
            # Those of our own are a sentence.
            words = "%s" if isinstance(error.args[0], str) else "the connection broke: %s"
            self._problem = words % error
        except Exception as error:
            self._fault = error

    async def _connect(self):
        settings = self.settings
        self._online = self._published_at = None
        #: Whether Home Assistant knows of all fields that have come.
        self.described = False
        #: When the reader's own state was published, in the clock's milliseconds; None before.
        self.reported_at = None
        self.client = await load("outputs.mqtt.session").connect(
            settings,
            self.board,
            self._out,
            self.name,
            (self.prefix + b"availability", b"offline"),
        )
        self._state["connected"] = True
        self._state["reconnects"] += 1
        self._say("Connected to the MQTT broker at %s." % settings["mqtt_host"])

    async def _publish(self):
        client = self.client
        out = self._out
        out.clear()
        readout = self.readout
        telegram = readout.telegram
        fresh = readout.fresh
        if fresh and self.settings["mqtt_discovery"] and self._is_new(telegram):
            await self._load("describe")
            # All of it has gone then: what follows is sent at once, without a copy in memory.
            await client.settle()
        if self.reported_at is None or self.board.clock.now() - self.reported_at >= _SELDOM:
            await self._load("report")
        if fresh != self._online:
            client.begin(self.prefix + b"availability", True)
            out.write(b"online" if fresh else b"offline")
            client.end()
            self._online = fresh
        if fresh and self._is_next():
            self._sequence = readout.sequence
            self._published_at = self.board.clock.now()
            await client.send()
            # The length comes first.
            size = 0
            for _ in metrics.render(readout, out, False):
                size += out.size
                out.clear()
            client.begin(self.prefix + b"state")
            client.end(size)
            end = readout.hold()
            try:
                for _ in metrics.render(readout, out, False):
                    # What TLS could not send it must be given once more, and nothing with it.
                    if not self.settings["mqtt_tls"]:
                        client.push()
                        await self.memory.room(end)
            finally:
                readout.free()
            await client.send()
            for number in range(FIELDS):
                telegram = readout.telegram
                if self._wanted[number] and telegram.unit[number]:
                    topic = name(number)
                    client.begin(self.prefix, False, topic, 0, len(topic))
                    metrics.put_alone(out, telegram, number)
                    client.end()
                    await client.send(_PIECE)
        await client.settle()

    async def _load(self, what):
        """Publish what takes a module for it; in another turn where there is no memory now."""
        if await self.memory.begin():
            try:
                await getattr(load("outputs.mqtt.reports"), what)(self)
            finally:
                self.memory.end()

    def _is_next(self):
        """Whether there is a telegram to publish, time for it, and the network's memory."""
        if self.readout.held or not self.memory.has_room():
            return False
        if self._published_at is None:
            return True
        passed = self.board.clock.now() - self._published_at
        # Half a second less: telegrams come a second apart, more or less.
        return (
            self.readout.sequence != self._sequence
            and passed >= self.settings["mqtt_interval"] * 1000 - 500
        )

    def _is_due(self):
        """Whether there is anything to be done; the least is to see whether the broker lives."""
        fresh = self.readout.fresh
        return (
            fresh != self._online
            or (fresh and self._is_next())
            or self.board.clock.now() - self._done_at >= KEEP_ALIVE * 500
        )

    def _is_new(self, telegram):
        """Whether Home Assistant is to be told: at the start, and when a field comes first."""
        for number in range(FIELDS):
            unit = telegram.unit[number]
            if unit and unit != self.unit[number]:
                self.unit[number] = unit
                self.decimals[number] = telegram.decimals[number]
                self.described = False
        return not self.described

    def _hang_up(self):
        """Close the connection; the broker then says for us that the values no longer count."""
        if self.client:
            self.client.close()
        self.client = None
        self._state["connected"] = False

    def _say(self, message):
        if message != self._said:
            self._said = message
            self._log.say(message)


#: The output is made by its class, see `firmware.outputs`.
create = Mqtt
