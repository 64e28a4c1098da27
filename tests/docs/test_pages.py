"""README.md, docs/ and config.example.json say what is true: names, defaults, messages, paths."""

import ast
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from pages import README, anchors, code, page, section, slug, table

from dsmr import frames, parser, problems
from dsmr.lineends import LineEnds
from firmware import settings as config
from host import tree
from host.fields import page as fields_page
from host.setup import __main__ as setup
from host.setup import boards
from sim.meter import KINDS, Meter
from sim.ports import free_port

REPO = tree.REPO
MESSAGES = page("messages.md")
SETTINGS = page("settings.md")
WIRING = page("wiring.md")
PAGES = {path: path.read_text(encoding="utf-8") for path in sorted(REPO.glob("docs/*.md"))}
PAGES[REPO / "README.md"] = README

#: What the pages name that is not in the repository: made by its reader, or by make.
NOT_OURS = {"config.json", "errors.json", "capture.txt", "build", ".venv", "tree.json", "watts.py"}


# Fields


def test_no_meaning_and_no_section_of_the_table_of_fields_is_left_over():
    names = [name for name, _, _ in fields_page.rows()]
    assert set(fields_page.MEANINGS) <= {fields_page.key(name) for name in names}
    assert set(fields_page.MADE_FROM) <= set(names)
    assert set(fields_page.SECTIONS) <= set(names)


@pytest.mark.parametrize("kind", KINDS)
def test_the_units_of_the_table_are_those_that_are_published(kind):
    units = {name: unit for name, unit, _ in fields_page.rows()}
    stream = parser.TelegramParser()
    stream.receive_data(LineEnds().restored(next(Meter(kind).telegrams())))
    for name, (_, unit) in stream.next_event().fields.items():
        assert unit in units[name].replace(",", "").split(), name


def test_the_sample_of_metrics_has_fields_and_their_units():
    units = {name: unit for name, unit, _ in fields_page.rows()}
    found = re.findall(r'"(\w+)":\{"value":.*?,"unit":"(\w+)"\}', README)
    assert len(found) > 10
    for name, unit in found:
        assert unit == units[name], name


# Settings


def allowed(kind, least, most, default):
    """What a setting may be, as docs/settings.md says it."""
    words = {
        "flag": "`true` or `false`",
        "choice": f'`"{least}"` or `"{most}"`',
        "number": f"{least} to {most}",
        "hostname": f"{least} to {most} letters, digits and hyphens",
        "address": config._WORDS["address"],
        "topic": f"{least} to {most} letters, digits and _ - . / with no / at either end",
        "key": config._WORDS["key"],
        "key_or_none": '32 hexadecimal digits, or `"none"`',
        "fields": '`"all"`, or names of [fields](fields.md) with commas between them',
    }.get(kind, f"{least} to {most} characters")
    return words + (", or `null`" if default is None else "")


def test_the_table_of_settings_is_that_of_the_firmware():
    said = [row[:3] for row in table(section("Settings", SETTINGS))]
    assert said == [
        [f"`{name}`", f"`{json.dumps(default)}`", allowed(kind, least, most, default)]
        for name, kind, least, most, default, _ in config._rows()
    ]


def test_every_setting_says_what_follows():
    assert all(len(row) == 4 and len(row[3]) > 20 for row in table(section("Settings", SETTINGS)))


def test_the_example_of_the_settings_is_accepted():
    given = json.loads((REPO / "config.example.json").read_text(encoding="utf-8"))
    settings, problems = config.check(given)
    assert problems == []
    # Nothing but the WiFi is to be filled in.
    changed = {name for name, value in config.check({})[0].items() if settings[name] != value}
    assert changed == {"wifi_name", "wifi_password"}


def test_the_pins_of_the_first_board_are_the_defaults():
    settings = config.check({})[0]
    pins = [str(settings[name]) for name in ("uart_id", "uart_rx_pin", "uart_tx_pin")]
    assert table(section("Which pins", WIRING))[0][:4] == ["ESP32", *pins]


@pytest.mark.parametrize("row", table(section("Which pins", WIRING)), ids=lambda row: row[0])
def test_the_pins_of_each_board_are_allowed(row):
    names = ("uart_id", "uart_rx_pin", "uart_tx_pin")
    given = {name: int(cell) for name, cell in zip(names, row[1:4], strict=True)}
    assert config.check(given)[1] == []


# What it answers


def test_the_paths_are_those_that_are_served(board, meter_line):
    # A board with PSRAM, as one without has no room for all of it.
    firmware = board(
        meter_line("t211"),
        environment={"SIM_PSRAM": "1"},
        heap="1m",
        mqtt_host="127.0.0.1",
        mqtt_port=free_port(),
        raw_port=free_port(),
        shelly=True,
        shelly_port=0,
        shelly_port_2=0,
        modbus_port=free_port(),
        decryption_key="00112233445566778899AABBCCDDEEFF",
    )
    firmware.wait_until_ready()
    paths = re.findall(r"GET (/\S*)`", section("What it answers", page("http.md")))
    assert "/metrics" in paths
    for path in paths:
        assert firmware.get(path)[0] == 200, path

    keys = {
        key
        for row in table(section("/healthz", page("healthz.md")))
        for key in re.findall(r"`(\w+)`", row[0])
    }
    only_on_a_pc = {"source", "source_failures", "python"}
    only_with_a_fault = {"port_problem"}
    only_with_an_update_key = {"update"}
    assert keys - only_on_a_pc - only_with_a_fault - only_with_an_update_key == set(
        firmware.json("/healthz")
    )


# Messages


def constants(node):
    """The texts in a piece of source, with … for what is filled in."""
    modules = [
        name
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "load"
        for name in call.args
    ]
    for part in ast.walk(node):
        if part in modules:
            continue
        if isinstance(part, ast.Constant) and isinstance(part.value, (str, bytes)):
            text = part.value if isinstance(part.value, str) else part.value.decode("latin-1")
            yield re.sub(r"(%\.?\d*[sdr]|…)+", "…", text)


def errors():
    """The sentences of the errors over HTTP, by status."""
    lines = (REPO / "firmware/http/errors.tsv").read_text(encoding="utf-8").splitlines()
    return {
        int(status): sentence for status, _, sentence, *_ in (line.split("\t") for line in lines)
    }


def modules():
    for path in (*sorted((REPO / "firmware").rglob("*.py")), REPO / "host/pc.py"):
        yield ast.parse(path.read_text(encoding="utf-8"))


def test_every_message_on_the_pages_is_in_the_firmware():
    sources = [text for module in modules() for text in constants(module)]
    sources += errors().values()
    for row in table(MESSAGES):
        quoted = next((cell for cell in row if cell.startswith("`")), "")
        for part in re.split("[…`],*", quoted):
            assert any(part.strip() in text for text in sources) or is_reason(part), row


def is_reason(text):
    return text in reasons(parser) or text in problems.REASONS


def reasons(module):
    """The texts of a module's constants."""
    named = {name: value for name, value in vars(module).items() if name.isupper()}
    return {value for value in named.values() if isinstance(value, str)}


def test_every_message_of_the_firmware_is_on_the_page():
    page = [re.sub("…+", "…", text) for text in code(MESSAGES)]
    said = list(errors().values())
    for module in modules():
        for node in ast.walk(module):
            for message in messages(node):
                # What is filled in after a % is no message.
                said += constants(getattr(message, "left", message))
    assert len(said) > 20
    for message in said:
        assert any(message.strip() in text for text in page), message


def messages(node):
    """What a statement says on the console or over HTTP."""
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "say":
        return node.args
    if isinstance(node, ast.Assign):
        names = {getattr(target, "id", "") for target in node.targets}
        if names & {"_REASONS", "_CONNECTING", "why"}:
            return getattr(node.value, "values", [node.value])
    return []


def test_the_statuses_of_errors_are_those_of_the_page():
    said = {
        (int(row[0]), row[1].strip("`")) for row in table(section("Errors over HTTP", MESSAGES))
    }
    assert set(errors().items()) <= said


@pytest.mark.parametrize(
    "heading, known",
    [
        ("Rejected telegrams", reasons(parser) | reasons(frames)),
        ("Lines that were not used", set(problems.REASONS)),
    ],
)
def test_every_reason_is_explained(heading, known):
    explained = {row[0].strip("`") for row in table(section(heading, MESSAGES))}
    assert explained == known


# Commands, paths and links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page):
    makefile = (REPO / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {name for text in code(PAGES[page]) for name in re.findall(r"\bmake ([a-z-]+)", text)}
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_is_named_exists(page):
    # main.py, firmware/boards/, docs/fields.md; no /metrics, no options, no addresses.
    path = re.compile(r"(?<![\w/.:<-])(?:[\w.-]+/)+[\w.-]*|(?<![\w/.:-])[\w.-]+\.(?:py|json|md)\b")
    known = {child.name for child in REPO.iterdir()} | NOT_OURS
    for text in code(PAGES[page]):
        for name in path.findall(text):
            first = name.split("/")[0]
            if first in NOT_OURS or ("/" in name and first not in known):
                continue
            places = [REPO, *(REPO / "firmware", REPO / "lib/dsmr")]
            assert any((place / name).exists() for place in places), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(PAGES[path]), target


def test_every_test_that_is_named_exists():
    tests = "".join(path.read_text(encoding="utf-8") for path in (REPO / "tests").rglob("*.py"))
    for path, text in PAGES.items():
        for name in re.findall(r"`(test_\w+)`", text):
            assert f"def {name}(" in tests, (path.name, name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_that_is_shown_exists(page):
    for name in re.findall(r'<img src="([^"]+)"', PAGES[page]):
        assert (page.parent / name).is_file(), name


def test_the_readme_has_at_most_250_lines():
    assert len(README.splitlines()) <= 250


def test_the_readme_has_a_link_to_every_page():
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)[)#]", section("All pages")))
    assert linked == {path.name for path in REPO.glob("docs/*.md")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_contents_of_a_page_have_every_section(page):
    """Where a page begins with links to its sections, none is missing but the smaller ones."""
    text = PAGES[page]
    beginning = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]
    listed = re.findall(r"\]\(#([\w-]+)\)", "\n".join(re.findall(r"(?m)^- .*$", beginning)))
    if listed:
        sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert {slug(name) for name in sections} <= set(listed)


def test_every_document_that_the_program_names_exists():
    """In its comments, its messages and its settings' example."""
    sources = [*(REPO / "firmware").rglob("*.py"), *(REPO / "lib").rglob("*.py")]
    sources += [*(REPO / "host").rglob("*.py"), *(REPO / "sim").rglob("*.py")]
    sources += [REPO / "config.example.json", REPO / "Makefile"]
    for path in sources:
        for name in re.findall(r"docs/[\w-]+\.(?:md|svg|png)", path.read_text(encoding="utf-8")):
            assert (REPO / name).is_file(), (path, name)


# A board


def test_the_boards_to_buy_are_those_of_make_board():
    said = [row[:4] for row in table(section("1. What to buy"))]
    assert said == [
        [
            kind.title,
            kind.chip.upper().replace("ESP32", "ESP32-").rstrip("-"),
            "yes" if kind.has_psram else "no",
            f"GPIO {kind.settings['uart_rx_pin']}",
        ]
        for kind in boards.BOARDS
    ]
    # Those with PSRAM first.
    assert said == sorted(said, key=lambda row: row[2] != "yes")


def test_the_pins_of_the_boards_are_those_of_their_chips():
    of_chip = {row[0]: row[1:4] for row in table(section("Which pins", WIRING))}
    for kind in boards.BOARDS:
        chip = kind.chip.upper().replace("ESP32", "ESP32-").rstrip("-")
        names = ("uart_id", "uart_rx_pin", "uart_tx_pin")
        assert of_chip[chip] == [str(kind.settings[name]) for name in names], kind.name


def test_the_readmes_wiring_is_that_of_the_page_of_wiring():
    short = {row[0]: row[1] for row in table(section("3. Wiring"))}
    assert short == {row[0]: row[1] for row in table(section("The port", WIRING))}


def test_the_flags_of_make_board_are_on_its_page():
    flags = set(re.findall(r"(?<![\w-])--[a-z-]+", setup.arguments().format_help())) - {"--help"}
    named = {
        name for text in code(section("Ten boards", page("setup.md"))) for name in text.split()
    }
    assert flags <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_module_and_requirements_file_of_a_command_exists(page):
    for text in code(PAGES[page]):
        for name in re.findall(r"python[\d.]* -m (host|sim)((?:\.\w+)*)", text):
            path = REPO / "".join(name).replace(".", "/")
            assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), name
        for name in re.findall(r"pip install.* -r (\S+)", text):
            assert (REPO / name).is_file(), name


@pytest.mark.parametrize("drawing", sorted(REPO.glob("docs/*.svg")), ids=lambda path: path.name)
def test_drawings_are_shown_and_well_formed(drawing):
    assert any(
        f"({drawing.relative_to(path.parent).as_posix()})" in text for path, text in PAGES.items()
    )
    root = ElementTree.parse(drawing).getroot()
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert "href" not in drawing.read_text(encoding="utf-8"), "it must stand alone"


def test_a_capture_is_read_as_described(tmp_path):
    capture = tmp_path / "capture.txt"
    capture.write_bytes(next(Meter("t211").telegrams()))
    run = subprocess.run(
        [sys.executable, "-m", "dsmr", str(capture)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPO / "lib")},
        capture_output=True,
        timeout=30,
    )
    event = json.loads(run.stdout)
    assert run.returncode == 0
    assert list(event) == ["event", "crc", "fields", "problems"]
    sample = next(text for text in code(page("captures.md")) if "-m dsmr capture.txt\n" in text)
    assert list(event) == re.findall(r'"(event|crc|fields|problems)"', sample)
