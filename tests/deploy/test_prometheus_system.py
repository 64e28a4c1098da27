"""The tools of Prometheus itself: promtool checks the text, and a server scrapes the firmware.

Both are in Debian's package `prometheus`.
"""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from prometheus_text import parse

from sim.meter import KINDS
from sim.ports import free_port

pytestmark = pytest.mark.system


def tool(name):
    found = shutil.which(name)
    if not found:
        pytest.fail(f"{name} is missing: apt-get install prometheus (it brings promtool too)")
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_promtool_has_nothing_to_say(board, meter_line, kind):
    promtool = tool("promtool")
    firmware = board(meter_line(kind, count=1, speed=0))
    texts = [firmware.get("/metrics?format=prometheus")[2]]
    firmware.wait_until_ready()
    texts.append(firmware.get("/metrics?format=prometheus")[2])
    for text in texts:
        done = subprocess.run(
            [promtool, "check", "metrics"], input=text, capture_output=True, timeout=20
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert len(texts[1]) > 3000


@pytest.fixture
def server(tmp_path):
    """A function that starts Prometheus, which scrapes a port each half second; its URL."""
    processes = []

    def start(target):
        port = free_port()
        config = tmp_path / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 500ms, scrape_timeout: 500ms}\n"
            "scrape_configs:\n"
            "  - job_name: power-readout\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n"
        )
        with open(tmp_path / "prometheus.log", "wb") as log:
            processes.append(
                subprocess.Popen(
                    [
                        tool("prometheus"),
                        f"--config.file={config}",
                        f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                        f"--web.listen-address=127.0.0.1:{port}",
                    ],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
        return f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)


def query(url, expression):
    """{(name, labels): value as text}; empty while the server does not answer."""
    address = url + "/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            answer = json.load(response)
    except (urllib.error.URLError, ConnectionError):
        return {}
    found = {}
    for series in answer["data"]["result"]:
        labels = dict(series["metric"])
        name = labels.pop("__name__", "")
        labels.pop("instance", None)
        labels.pop("job", None)
        found[name, tuple(sorted(labels.items()))] = series["value"][1]
    return found


def wait(done, what, seconds=12):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = done()
        if result:
            return result
        time.sleep(0.1)
    pytest.fail(f"Not {what} after {seconds} s.")


def test_a_real_server_scrapes_it_and_has_every_value_exactly(board, meter_line, server):
    firmware = board(meter_line("t211", count=1, speed=0), stale_after=600)
    firmware.wait_until_ready()
    firmware.wait_until(lambda: "rssi" in firmware.json("/healthz")["wifi"], "connected")
    url = server(firmware.settings["http_port"])
    wait(lambda: query(url, "p1_up") == {("p1_up", ()): "1"}, "scraped")
    expected, _ = parse(firmware.get("/metrics?format=prometheus")[2].decode())
    stored = query(url, '{__name__=~"p1_.+"}')
    changing = ("p1_telegram_age_seconds", "p1_uptime_seconds", "p1_http_requests_total")
    changing += ("p1_free_heap_bytes", "p1_wifi_signal_dbm")
    keys = {(name, tuple(sorted(labels))): value for (name, labels), value in expected.items()}
    assert set(keys) == set(stored)
    for key, value in keys.items():
        if key[0] in changing:
            continue
        if "." in value:
            assert float(stored[key]) == float(value), key
        else:
            # Joules and seconds have up to 13 digits; the server's doubles hold them all.
            assert stored[key] == value, key
    used = query(url, "sum(p1_tariff_energy_joules_total{direction='used'}) / 3600")
    register = firmware.json("/metrics")["energy_used_total"]["value"]
    assert next(iter(used.values())) == str(round(register * 1000))


def test_a_server_sees_that_the_meter_has_fallen_silent(board, meter_line, server):
    line = meter_line("s211", speed=5)
    firmware = board(line, stale_after=1)
    firmware.wait_until_ready()
    url = server(firmware.settings["http_port"])
    wait(lambda: query(url, "p1_power_net_watts and on() p1_up == 1"), "up")
    line.pause()
    wait(lambda: query(url, "p1_up").get(("p1_up", ())) == "0", "down")
    # Prometheus marks what is gone as stale: no value stands still.
    assert query(url, "p1_power_net_watts") == {}
    assert query(url, "up") == {("up", ()): "1"}
