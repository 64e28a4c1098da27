"""deploy/prometheus and deploy/grafana against the real promtool and Prometheus of Debian."""

import contextlib
import json
import re
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import json_exporter
import pytest
import yaml

from host import tree
from sim.ports import free_port

DEPLOY = tree.REPO / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
MODULES = yaml.safe_load((DEPLOY / "json_exporter" / "config.yml").read_text())["modules"]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

#: What the panels' queries ask for must be in the contract.
CONTRACT = (tree.REPO / "docs" / "prometheus.md").read_text(encoding="utf-8")


def expressions():
    """Every PromQL expression in deploy/."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield target["expr"]
    for name in ("rules.yml", "alerts.yml"):
        for group in yaml.safe_load((PROMETHEUS / name).read_text())["groups"]:
            for rule in group["rules"]:
                yield rule["expr"]


# What needs no Prometheus


def test_every_metric_that_is_asked_for_is_in_the_contract():
    documented = set(re.findall(r"^\| `(p1_\w+)`", CONTRACT, re.MULTILINE))
    asked = {name for text in expressions() for name in re.findall(r"\bp1_\w+", text)}
    assert len(asked) > 20
    assert asked <= documented


def test_the_dashboards_panels_do_not_overlap_and_say_what_they_are():
    places = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in places, panel["title"]
                places.add((x, y))
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers))
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    assert len(titles) == len(set(titles))
    for panel in PANELS:
        for part in (panel, *panel["targets"]):
            assert part["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_every_query_is_of_the_reader_that_is_chosen():
    for panel in PANELS:
        for target in panel["targets"]:
            metrics = re.findall(r"\bp1_\w+(.{0,30})", target["expr"])
            assert metrics
            assert all(text.startswith('{instance=~"$instance"') for text in metrics)


# With Debian's package prometheus


def promtool(*arguments):
    done = subprocess.run(
        ["promtool", *map(str, arguments)], cwd=PROMETHEUS, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.system
def test_promtool_finds_the_configurations_and_rules_right():
    promtool("check", "config", "prometheus.yml")
    promtool("check", "config", DEPLOY / "json_exporter" / "prometheus.yml")
    promtool("check", "rules", "rules.yml", "alerts.yml")


@pytest.mark.system
def test_promtool_tests_the_rules():
    promtool("test", "rules", "tests.yml")


def test_every_rule_has_a_test():
    groups = [
        group
        for name in ("rules.yml", "alerts.yml")
        for group in yaml.safe_load((PROMETHEUS / name).read_text())["groups"]
    ]
    names = {rule.get("record") or rule["alert"] for group in groups for rule in group["rules"]}
    tested = (PROMETHEUS / "tests.yml").read_text()
    assert {name for name in names if f": {name}" not in tested and f"({name}" not in tested} == (
        set()
    )


class Prometheus:
    """A running Prometheus; `query` asks it."""

    def __init__(self, folder, config):
        self.url = f"http://127.0.0.1:{free_port()}"
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        with open(folder / "log.txt", "wb") as log:
            self.process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    f"--web.listen-address={self.url.removeprefix('http://')}",
                ],
                stdout=log,
                stderr=log,
            )

    def get(self, path, **parameters):
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.loads(answer.read())["data"]

    def query(self, text):
        """The samples of an expression now: [(labels, value)]."""
        return [
            (one["metric"], float(one["value"][1]))
            for one in self.get("query", query=text)["result"]
        ]

    def wait_for(self, text, seconds=20):
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError):
                if found := self.query(text):
                    return found
            assert self.process.poll() is None, "Prometheus has ended"
            assert time.monotonic() < end, f"there is no {text}"
            time.sleep(0.2)


class JsonExporter(ThreadingHTTPServer):
    """Answers /probe as json_exporter does, by `json_exporter.exposition`."""

    daemon_threads = True

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            address = urllib.parse.urlsplit(self.path)
            given = {name: one for name, (one,) in urllib.parse.parse_qs(address.query).items()}
            request = urllib.request.Request(
                given["target"], headers={"Accept": "application/json"}
            )
            try:
                assert address.path == "/probe"
                with urllib.request.urlopen(request, timeout=5) as answer:
                    document = json.loads(answer.read())
                text = json_exporter.exposition(MODULES[given["module"]], document)
            except Exception as error:
                self.send_error(500, repr(error))
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass


@pytest.fixture
def exporter():
    server = JsonExporter(("127.0.0.1", 0), JsonExporter.Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def scraped(board, meter_line, exporter, tmp_path):
    """A Prometheus with the configuration of deploy/, of which only the addresses and the pace
    are others: (Prometheus, firmware)."""
    line = meter_line("t211", speed=5)
    firmware = board(line)
    firmware.wait_until_ready()
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    # The paces of the groups of rules stay; all that is asked for here has the global one.
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(PROMETHEUS / name) for name in config["rule_files"]]
    (direct,) = config["scrape_configs"]
    direct["static_configs"][0]["targets"] = [firmware.url.removeprefix("http://")]
    (probe,) = yaml.safe_load((DEPLOY / "json_exporter" / "prometheus.yml").read_text())[
        "scrape_configs"
    ]
    probe["scrape_interval"] = "1s"
    probe["static_configs"][0]["targets"] = [f"{firmware.url}/metrics"]
    assert probe["relabel_configs"][-1]["replacement"] == "localhost:7979"
    probe["relabel_configs"][-1]["replacement"] = f"127.0.0.1:{exporter.server_port}"
    config["scrape_configs"].append(probe)
    prometheus = Prometheus(tmp_path, config)
    yield prometheus, firmware
    prometheus.process.terminate()
    prometheus.process.wait(10)


def with_values(text):
    """A panel's expression with Grafana's variables filled in."""
    text = text.replace("$instance", ".+").replace("$__rate_interval", "4s")
    assert "$" not in text, text
    return text


@pytest.mark.system
def test_the_deployed_files_work_with_a_real_prometheus(scraped):
    prometheus, firmware = scraped
    # Three scrapes, so that rates are there.
    prometheus.wait_for("count_over_time(p1_up[1m]) >= 4")

    empty, failed = [], []
    for panel in PANELS:
        for target in panel["targets"]:
            expression = with_values(target["expr"])
            try:
                now = time.time()
                found = prometheus.query(expression)
                ranged = prometheus.get(
                    "query_range", query=expression, start=now - 5, end=now, step=1
                )["result"]
            except OSError as error:
                failed.append((panel["title"], expression, error))
                continue
            if not found or not ranged:
                empty.append((panel["title"], expression))
                continue
            for name in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                assert all(name in labels for labels, _ in found), panel["title"]
    assert (failed, empty) == ([], [])

    # The recording rules, and every rule without an error.
    (kwh,) = prometheus.wait_for('p1:energy_kwh{direction="used"}')
    (joules,) = prometheus.query('p1_energy_joules_total{direction="used"}')
    assert kwh[1] == pytest.approx(joules[1] / 3.6e6, abs=0.01)
    document = firmware.json("/metrics")
    assert kwh[1] == pytest.approx(document["energy_used_total"]["value"], abs=0.1)
    for group in prometheus.get("rules")["groups"]:
        for rule in group["rules"]:
            assert rule["health"] in ("ok", "unknown"), rule
            assert not rule.get("alerts") or rule["name"] == "NewPeakComing", rule

    # By way of json_exporter, with its labels.
    (gas,) = prometheus.wait_for("gas_used_value")
    assert gas[1] == pytest.approx(document["gas_used"]["value"], abs=0.1)
    assert gas[0] == {
        "__name__": "gas_used_value",
        "instance": f"{firmware.url}/metrics",
        "job": "power-exporter",
        "unit": "CubicMeter",
    }


# The page about it


def test_the_page_has_every_rule_alert_module_and_variable():
    page = (tree.REPO / "docs" / "monitoring.md").read_text(encoding="utf-8")
    first_cells = re.findall(r"^\| (.+?) \|", page, re.MULTILINE)
    said = {name for cell in first_cells for name in re.findall(r"`([\w:]+)`", cell)}
    rules = {
        rule.get("record") or rule["alert"]
        for name in ("rules.yml", "alerts.yml")
        for group in yaml.safe_load((PROMETHEUS / name).read_text())["groups"]
        for rule in group["rules"]
    }
    compose = (DEPLOY / "docker" / "compose.yml").read_text(encoding="utf-8")
    variables = re.findall(r"\$\{(\w+):-([^}]*)\}", compose)
    beside = (DEPLOY / "docker" / "compose.board.yml").read_text(encoding="utf-8")
    needed = set(re.findall(r"\$\{(\w+):\?", beside))
    assert said == rules | set(MODULES) | {name for name, _ in variables} | needed
    for name, default in variables:
        assert f"| `{name}` | `{default}` |" in page
