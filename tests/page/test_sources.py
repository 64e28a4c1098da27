"""The sources of the page, and how host.page makes one file of them: no browser is needed."""

import base64
import hashlib
import re
import zlib

import pytest

from host import page

SOURCES = sorted(page.FOLDER.iterdir())


@pytest.fixture
def folder(tmp_path):
    """A function that writes a small page: folder(**scripts) -> its folder."""

    def write(html=None, **scripts):
        (tmp_path / "index.html").write_text(
            html
            or '<link rel="stylesheet" href="style.css">\n'
            '<script type="module" src="app.js"></script>\n'
        )
        (tmp_path / "style.css").write_text("/* Paper. */\np {\n  color: red;\n}\n")
        for name, text in scripts.items():
            (tmp_path / f"{name}.js").write_text(text)
        return tmp_path

    return write


def html_of(made):
    return zlib.decompress(made.body, page._GZIP_FORMAT).decode()


def test_the_page_is_below_its_limit():
    assert page.LIMIT == 15_000
    assert len(page.make().body) < page.LIMIT


def test_the_same_sources_give_the_same_bytes():
    assert page.make() == page.make()


def test_the_bytes_hold_no_time():
    assert page.make().body[4:8] == bytes(4)


def test_the_policy_names_the_style_and_the_script_by_their_hashes():
    made = page.make()
    html = html_of(made)
    policy = dict(
        part.split(" ", 1) for part in made.headers["Content-Security-Policy"].split("; ")
    )
    for directive, tag in (("style-src", "style"), ("script-src", 'script type="module"')):
        (text,) = re.findall(f"<{tag}>(.*?)</", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"


def test_another_page_has_another_etag_and_date(folder):
    one = page.make(folder(app="1;\n"))
    other = page.make(folder(app="2;\n"))
    assert one.headers["ETag"] != other.headers["ETag"]
    assert one.headers["Last-Modified"] != other.headers["Last-Modified"]


def test_the_file_names_nothing_outside_of_itself():
    html = html_of(page.make())
    assert not re.findall(r'(?:src|href)="(?!/|data:)', html)
    assert re.findall(r"https?://[^\s'\"]+", html) == ["http://www.w3.org/2000/svg"] * 2


def test_what_is_written_can_be_served(tmp_path, capsys):
    assert page.main(["--out", str(tmp_path)]) == 0
    made = page.make()
    assert (tmp_path / page.BODY).read_bytes() == made.body
    lines = (tmp_path / page.HEADERS).read_text().splitlines()
    assert dict(line.split(": ", 1) for line in lines) == made.headers
    assert f"{len(made.body)} bytes" in capsys.readouterr().out


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_source_has_no_minified_line(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 200


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_source_never_takes_text_for_markup(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


# What has texts in it: {key: [one for each language]}.
def texts():
    source = (page.FOLDER / "texts.js").read_text(encoding="utf-8")
    found = re.findall(r"^  (\w+): \[(.*?)\],$", source, re.MULTILINE | re.DOTALL)
    return {key: re.findall(r'"([^"]*)"', items) for key, items in found}


def test_every_text_is_there_in_every_language():
    found = texts()
    assert len(found) > 50
    for key, items in found.items():
        assert len(items) == 4, key
        assert all(items), key


def test_a_text_takes_a_value_in_every_language_or_in_none():
    for key, items in texts().items():
        assert len({item.count("{}") for item in items}) == 1, key


def test_every_text_is_used_and_every_used_text_exists():
    sources = {path.name: path.read_text(encoding="utf-8") for path in SOURCES}
    code = "".join(text for name, text in sources.items() if name != "texts.js")
    named = set(re.findall(r'data-text="(\w+)"', code)) | set(re.findall(r'say\("(\w+)"', code))
    found = texts().keys()
    assert named <= found
    unused = {key for key in found - named if f'"{key}"' not in code}
    assert unused == {"import_now", "export_now"}  # `${directionOf(power)}_now`


def test_a_module_stands_after_those_that_it_imports(folder):
    made = page.make(
        folder(
            app='import { two } from "./two.js";\nimport { one } from "./one.js";\none(two);\n',
            two='import { one } from "./one.js";\nexport const two = one;\n',
            one="export function one() {}\n",
        )
    )
    script = html_of(made).split('<script type="module">')[1].split("</script>")[0]
    assert script == "function one() {}\nconst two = one;one(two);"


def test_comments_and_indentation_go_and_texts_stay(folder):
    made = page.make(
        folder(
            app="// A comment.\n/**\n * Another.\n */\nfunction f() {\n"
            '  return "// none";\n  // gone\n}\nf(); // gone\ng("http://x"); // it\'s kept\n'
        )
    )
    script = html_of(made).split('<script type="module">')[1].split("</script>")[0]
    assert script == 'function f() {return "// none";}\nf();g("http://x"); // it\'s kept\n'
    assert "<style>p {color: red;}\n</style>" in html_of(made)


@pytest.mark.parametrize(
    ("scripts", "message"),
    [
        ({"app": 'import { one } from "./one.js";\n'}, "one.js cannot be read"),
        (
            {"app": 'import { one } from "./one.js";\n', "one": "const one = 1;\n"},
            r"app.js imports what one.js does not export: \['one'\]",
        ),
        (
            {
                "app": 'import { one } from "./one.js";\n',
                "one": 'import { app } from "./app.js";\n',
            },
            "The imports go round: app.js -> one.js -> app.js",
        ),
        (
            {
                "app": 'import { one } from "./one.js";\nlet a, b;\n',
                "one": "export const one = 1;\nfunction b() {}\n",
            },
            "one.js and app.js both have a b",
        ),
        ({"app": 'import one from "./one.js";\n'}, "an import is written as"),
        (
            {
                "app": 'import { one } from "./one.js";\none(two);\n',
                "one": "export const two = 2;\nexport function one() {}\n",
            },
            r"app.js does not import \['two'\] from one.js",
        ),
    ],
)
def test_what_cannot_be_joined_is_an_error_that_says_so(folder, scripts, message):
    with pytest.raises(page.PageError, match=message):
        page.make(folder(**scripts))


def test_a_page_without_a_script_is_an_error(folder):
    with pytest.raises(page.PageError, match="must name one script"):
        page.make(folder(html='<link rel="stylesheet" href="style.css">\n'))


def test_a_page_that_is_too_large_is_not_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(page, "LIMIT", 1000)
    assert page.main(["--out", str(tmp_path)]) == 1
    assert "must stay below 1000" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
