"""deploy/docker: there is a linter for each file, and the steps of the Dockerfile are taken
outside of Docker: what it copies, what it runs, how it starts and how it is asked for its health.
"""

import fnmatch
import json
import re
import shutil
import stat
import subprocess
import sys
import time
import venv
from pathlib import Path

import compose_spec
import pytest
import yaml

from host import settings as pc
from host import tree
from sim.ports import free_port

REPO = tree.REPO
DEPLOY = REPO / "deploy"
DOCKERFILE = DEPLOY / "docker" / "Dockerfile"
COMPOSE = DEPLOY / "docker" / "compose.yml"
COMMAND_OF_LINT = Path(sys.executable).with_name("hadolint")


def instructions():
    """[(instruction, its text)] of the Dockerfile."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(" ", 1)) for line in lines]


def texts(name):
    return [text for instruction, text in instructions() if instruction == name]


def is_ignored(path):
    """Whether `docker build` does not see a file: the last line that fits it decides."""
    lines = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()
    ignored = False
    for pattern in [line for line in lines if line and not line.startswith("#")]:
        keeps = pattern.startswith("!")
        pattern = pattern.lstrip("!").removeprefix("**/")
        names = [str(path), path.name, *map(str, path.parents), *path.parts]
        if any(fnmatch.fnmatchcase(name, pattern) for name in names if name != "."):
            ignored = not keeps
    return ignored


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A folder with what the Dockerfile copies, and its own Python: (folder, run)."""
    folder = tmp_path_factory.mktemp("image")
    wanted = [
        path
        for name in ("main.py", "LICENSE", "firmware", "lib", "host", "deploy", "tests", "docs")
        for path in ([REPO / name] if (REPO / name).is_file() else (REPO / name).rglob("*"))
        if path.is_file() and not is_ignored(path.relative_to(REPO))
    ]
    for text in texts("COPY"):
        *sources, target = text.split()
        for path in wanted:
            name = path.relative_to(REPO)
            for source in map(Path, sources):
                if name == source:
                    copy = folder / target / (name.name if target.endswith("/") else "")
                elif source in name.parents:
                    copy = folder / target / name.relative_to(source)
                else:
                    continue
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
    venv.create(folder / "venv", with_pip=True)
    environment = {"PATH": f"{folder / 'venv' / 'bin'}:/usr/bin:/bin"}
    for pair in texts("ENV")[0].split():
        environment[pair.split("=")[0]] = pair.split("=")[1]

    def start(command, **options):
        return subprocess.Popen(command, cwd=folder, env=environment, text=True, **options)

    for command in texts("RUN"):
        assert start(["/bin/sh", "-c", command], stdout=subprocess.DEVNULL).wait(120) == 0, command
    return folder, start


def test_the_dockerfile_pleases_its_linter():
    done = subprocess.run([COMMAND_OF_LINT, DOCKERFILE], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_finds_what_is_wrong(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /tmp\n")
    done = subprocess.run(
        [COMMAND_OF_LINT, tmp_path / "Dockerfile"], capture_output=True, text=True
    )
    assert done.returncode != 0 and "DL3006" in done.stdout


def test_it_is_no_root_and_may_use_serial_devices():
    names = [name for name, _ in instructions()]
    user, group = texts("USER")[0].split(":")
    assert int(user) > 0 and group == "dialout"
    assert names.index("USER") > max(
        place for place, name in enumerate(names) if name in ("RUN", "COPY")
    )
    assert "-slim" in texts("FROM")[0]
    assert texts("EXPOSE") == ["80"]


def test_the_history_is_in_a_folder_that_is_kept_and_that_its_user_may_write_to(image):
    folder, _ = image
    home = texts("WORKDIR")[0]
    name = pc.PC_ONLY["history_folder"]
    assert texts("VOLUME") == [f"{home}/{name}"]
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o777
    services = yaml.safe_load(compose_text())["services"]
    assert services["power-readout"]["volumes"] == [f"history:{home}/{name}"]


def test_only_what_the_program_needs_is_in_the_image(image):
    folder, _ = image
    top = {path.name for path in folder.iterdir()}
    ours = {"main.py", "LICENSE", "firmware", "lib", "host", "healthcheck.py", "history"}
    assert top == {*ours, "venv"}
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"host/command.py", "lib/dsmr/parser.py"} <= names
    ours = {name for name in names if not name.startswith("venv/")}
    assert not [name for name in ours if "bench" in name or name.endswith(".pyc")]
    assert "host/on_board/clear.py" not in ours


def test_what_it_installs_has_versions():
    for name in ("host/requirements.txt", "lib/requirements.txt"):
        for line in (REPO / name).read_text().splitlines():
            assert not line or line.startswith(("#", "-r ")) or "==" in line, line


def test_it_starts_answers_and_says_that_it_is_well(image, meter_line):
    _, start = image
    line = meter_line("t211", speed=10)
    port = free_port()
    command = json.loads(texts("ENTRYPOINT")[0]) + json.loads(texts("CMD")[0])
    check = json.loads(texts("HEALTHCHECK")[0].split(" CMD ")[1])
    # The same command without the device and without root.
    command += ["--source", f"tcp://127.0.0.1:{line.port}", "--http-port", str(port)]
    program = start(command, stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + 20
        while start([*check, str(port)], stderr=subprocess.DEVNULL).wait(10):
            assert program.poll() is None, program.stderr.read()
            assert time.monotonic() < end
    finally:
        program.terminate()
        _, said = program.communicate(timeout=10)
    assert program.returncode == 0, said
    assert "Traceback" not in said
    gone = start([*check, str(port)], stderr=subprocess.PIPE)
    assert "does not answer" in gone.communicate(timeout=10)[1]
    assert gone.returncode == 1


def test_its_usual_command_is_a_serial_device_and_port_80():
    command = json.loads(texts("ENTRYPOINT")[0]) + json.loads(texts("CMD")[0])
    assert command == ["python", "main.py", "--source", "/dev/ttyUSB0"]


def compose_text():
    """The compose file with the defaults of its variables."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", COMPOSE.read_text(encoding="utf-8"))


def test_the_compose_file_is_valid():
    compose = compose_spec.PyCompose.from_yaml(compose_text())
    compose.validate()
    assert set(compose.service_names()) == {"power-readout", "prometheus", "grafana"}


def test_where_a_board_reads_the_meter_prometheus_finds_it_by_the_name_of_the_service():
    text = COMPOSE.with_name("compose.board.yml").read_text(encoding="utf-8")
    text = re.sub(r"\$\{BOARD:\?[^}]*\}", "192.168.1.42", text)
    merged = yaml.safe_load(compose_text())
    for name, more in yaml.safe_load(text)["services"].items():
        merged["services"][name].update(more)
    compose_spec.PyCompose.from_yaml(yaml.safe_dump(merged)).validate()
    assert merged["services"]["power-readout"]["profiles"] == ["cable"]
    assert merged["services"]["prometheus"]["extra_hosts"] == ["power-readout:192.168.1.42"]


def test_an_invalid_compose_file_is_found():
    with pytest.raises(Exception, match="restart"):
        text = compose_text().replace("unless-stopped", "sometimes", 1)
        compose_spec.PyCompose.from_yaml(text).validate()


def test_the_compose_files_parts_fit_together():
    services = yaml.safe_load(compose_text())["services"]
    mounted = {}
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            if source.startswith("."):
                assert (COMPOSE.parent / source).exists(), source
                mounted[name, target] = (COMPOSE.parent / source).resolve()
        image = service["image"]
        assert "build" in service or image.rpartition(":")[2][0] in "v0123456789", image
    build = services["power-readout"]["build"]
    context = (COMPOSE.parent / build["context"]).resolve()
    assert context == REPO.resolve()
    assert context / build["dockerfile"] == DOCKERFILE.resolve()

    # Prometheus: its configuration, the rules beside it, and the program as its target.
    config = mounted["prometheus", "/etc/prometheus/prometheus.yml"]
    assert "--config.file=/etc/prometheus/prometheus.yml" in services["prometheus"]["command"]
    prometheus = yaml.safe_load(config.read_text())
    for rules in prometheus["rule_files"]:
        assert mounted["prometheus", f"/etc/prometheus/{rules}"] == config.parent / rules
    (job,) = prometheus["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["power-readout:80"]}]
    assert services["power-readout"]["ports"][0].endswith(":80")

    # Grafana: where the data are, and its dashboard.
    provisioning = mounted["grafana", "/etc/grafana/provisioning"]
    sources = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())
    assert sources["datasources"][0]["url"] == "http://prometheus:9090"
    boards = yaml.safe_load((provisioning / "dashboards/power-readout.yml").read_text())
    folder = boards["providers"][0]["options"]["path"]
    assert mounted["grafana", f"{folder}/dashboard.json"] == DEPLOY / "grafana/dashboard.json"
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{folder}/dashboard.json"
