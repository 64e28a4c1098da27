"""A real broker, mosquitto, and what a subscriber hears of it."""

import json
import shutil
import socket
import subprocess
import threading
import time

import paho.mqtt.client as paho

from sim.ports import free_port

#: Debian puts it where only root's PATH looks.
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


class Broker:
    """mosquitto on a port of its own; lines are further settings of its file."""

    def __init__(self, folder, *lines, port=None):
        self.port = port or free_port()
        self._config = folder / f"mosquitto-{self.port}.conf"
        self._log = folder / f"mosquitto-{self.port}.txt"
        listener = [f"listener {self.port} 127.0.0.1", "user root", "log_type all"]
        if not any(line.startswith("password_file") for line in lines):
            listener.append("allow_anonymous true")
        self._config.write_text("\n".join([*listener, *lines, ""]))
        self.process = None
        self.start()

    def start(self):
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(
                [MOSQUITTO, "-c", str(self._config)], stdout=log, stderr=subprocess.STDOUT
            )
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None, self.said
                assert time.monotonic() < end, "mosquitto does not listen"
                time.sleep(0.05)

    @property
    def said(self):
        return self._log.read_text(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait(10)


class Subscriber:
    """Hears every topic; `heard` has (topic, payload, retained, QoS) in the order of coming."""

    def __init__(self, port, user=None, password=None, ca=None, pattern="#"):
        self.heard = []
        self._new = threading.Condition()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        if user:
            self._client.username_pw_set(user, password)
        if ca:
            self._client.tls_set(ca)
        self._client.on_connect = lambda *_: self._client.subscribe(pattern, 1)
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("localhost" if ca else "127.0.0.1", port)
        self._client.loop_start()

    def _on_message(self, client, userdata, message):
        with self._new:
            self.heard.append((message.topic, message.payload, message.retain, message.qos))
            self._new.notify_all()

    def payloads(self, topic):
        with self._new:
            return [payload for heard, payload, _, _ in self.heard if heard == topic]

    def wait_for(self, topic, done=lambda payload: True, seconds=20):
        """The first payload of a topic that is as wanted, as bytes."""
        end = time.monotonic() + seconds
        seen = 0
        with self._new:
            while True:
                for heard, payload, _, _ in self.heard[seen:]:
                    if heard == topic and done(payload):
                        return payload
                seen = len(self.heard)
                left = end - time.monotonic()
                assert left > 0, f"{topic} was not heard in {seconds} s, but {self.topics()}"
                self._new.wait(left)

    def json(self, topic, done=lambda document: True, **more):
        return json.loads(self.wait_for(topic, lambda payload: done(json.loads(payload)), **more))

    def topics(self):
        return sorted({topic for topic, _, _, _ in self.heard})

    def forget(self):
        with self._new:
            self.heard.clear()

    def close(self):
        self._client.loop_stop()
        self._client.disconnect()
