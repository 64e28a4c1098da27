"""Put the live page together: one gzipped file, and the headers to send with it.

    python -m host.page --out build/page

The sources are readable files in firmware/http/page. What is done to them is as little as makes
one file of them: the style and the scripts go into the HTML in the place of the tags that name
them, and comments, indentation and empty lines go. The same sources give the same bytes.

The scripts are JavaScript modules. One stands after those that it imports, and the words `import`
and `export` go, so that all are one module then. What that takes is checked: that a name of one
module is not used in another that does not import it, that imports name what is there and never
go round, and that each is written as `import { a, b } from "./other.js";`.

The Content-Security-Policy names the style and the script by their hashes and lets the page ask
its own server only, so that a browser runs and fetches nothing else, whatever a meter sends.
"""

import argparse
import base64
import hashlib
import re
import sys
import zlib
from collections import namedtuple
from email.utils import formatdate
from pathlib import Path

from host import tree

FOLDER = tree.REPO / "firmware" / "http" / "page"

#: The files that are written into the folder `--out`.
BODY = "page.html.gz"
HEADERS = "page.headers"

#: Bytes of the gzipped file that it must stay below.
LIMIT = 15_000

_STYLE = re.compile(r'^<link rel="stylesheet" href="([\w.]+)">\n', re.MULTILINE)
_SCRIPT = re.compile(r'^<script type="module" src="([\w.]+)"></script>\n', re.MULTILINE)
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+\.js)";\n', re.MULTILINE)
# Declarations that are not indented: of one name, of several in a row, or of several in brackets.
_DECLARATION = r"(?:async function|function|class|const|let) (\w+(?:, \w+)*|[\[{][^\]}]*)"
_EXPORTED = re.compile("^export " + _DECLARATION, re.MULTILINE)
_DECLARED = re.compile("^(?:export )?" + _DECLARATION, re.MULTILINE)
_EXPORT = re.compile("^export ", re.MULTILINE)
# Names in code, but not those of properties; and what is no code.
_USED = re.compile(r"(?<![\w.$])([A-Za-z_]\w*)\b(?!:)")
_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|//.*|/\*[\s\S]*?\*/')
_WORD = re.compile(r"\w+")

# A comment after code goes if it has no quotation mark: what has one may be a part of a text.
_COMMENT_TAILS = re.compile(r"""(?<=\S) +// [^"'`\n]*$""", re.MULTILINE)
_COMMENT_LINES = re.compile(r"^\s*//.*\n", re.MULTILINE)
_COMMENT_BLOCKS = re.compile(r"^\s*/\*.*?\*/\n", re.MULTILINE | re.DOTALL)
_COMMENT_HTML = re.compile(r"^\s*<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^\s+", re.MULTILINE)
# In a style or script, a line goes on in the next where this cannot be the end of a statement.
_LINE_END = re.compile(r"(?<=[{(\[,;])\n")

_GZIP_FORMAT = 31  # of zlib: gzip's header, and a window of 32 KB

# The times that Last-Modified may say: those of the years 2000 to 2019.
_FIRST_MOMENT = 946_684_800
_MOMENTS_S = 20 * 365 * 86_400

Page = namedtuple("Page", "body headers")
Page.__doc__ = """What the server needs.

body: bytes, gzipped; headers: a dict of the names and values to send with it.
"""


class PageError(Exception):
    """The page cannot be put together; the text is for the person and says what to do."""


def make(folder=FOLDER):
    """Put the page together; returns a Page."""
    html = _read(folder, "index.html")
    style_name, script_name = _named(html, _STYLE, "style"), _named(html, _SCRIPT, "script")
    style = _plain_style(_read(folder, style_name))
    script = _plain_script(_joined(folder, script_name))
    html = _INDENT.sub("", _COMMENT_HTML.sub("", html))
    html = _STYLE.sub(lambda _: f"<style>{style}</style>\n", html)
    html = _SCRIPT.sub(lambda _: f'<script type="module">{script}</script>\n', html)
    body = _gzip(html.encode())
    return Page(body, _headers(body, style, script))


def _named(html, tag, what):
    names = tag.findall(html)
    if len(names) != 1:
        raise PageError(f"index.html must name one {what}, in a line of its own; it has {names}.")
    return names[0]


def _read(folder, name):
    try:
        return (folder / name).read_text(encoding="utf-8")
    except OSError as error:
        raise PageError(f"{name} cannot be read: {error.strerror}.") from None


def _plain_style(text):
    return _LINE_END.sub("", _INDENT.sub("", _COMMENT_BLOCKS.sub("", text)))


def _plain_script(text):
    for needless in (_COMMENT_BLOCKS, _COMMENT_LINES, _COMMENT_TAILS, _INDENT, _LINE_END):
        text = needless.sub("", text)
    return text


def _joined(folder, name):
    """The text of a module and all that it imports, each once and after those that it needs."""
    modules: dict = {}
    _follow(folder, name, modules, ())
    owners: dict = {}
    for module, (imported, text) in modules.items():
        for name in _names(_DECLARED, text):
            if name in owners:
                raise PageError(
                    f"{owners[name]} and {module} both have a {name}, and become one script: "
                    "call one of them something else."
                )
            owners[name] = module
        used = set(_USED.findall(_TEXT.sub("", text))) - imported
        for other, (_, exporting) in modules.items():
            lacking = used & _names(_EXPORTED, exporting)
            if lacking and other != module:
                raise PageError(f"{module} does not import {sorted(lacking)} from {other}.")
    return "".join(_EXPORT.sub("", text) for _, text in modules.values())


def _follow(folder, name, modules, path):
    """Add a module to `modules` after those of its imports: (what it imports, its other text)."""
    if name in path:
        raise PageError(f"The imports go round: {' -> '.join((*path, name))}.")
    if name in modules:
        return
    text = _read(folder, name)
    imported = set()
    for names, other in _IMPORT.findall(text):
        _follow(folder, other, modules, (*path, name))
        wanted = set(_WORD.findall(names))
        missing = wanted - _names(_EXPORTED, modules[other][1])
        if missing:
            raise PageError(f"{name} imports what {other} does not export: {sorted(missing)}.")
        imported |= wanted
    text = _IMPORT.sub("", text)
    if re.search(r"^import\b", text, re.MULTILINE):
        raise PageError(f'{name}: an import is written as import {{ a }} from "./other.js";')
    modules[name] = imported, text


def _names(declaration, text):
    """A set of the names that the declarations of a module declare."""
    return {name for names in declaration.findall(text) for name in _WORD.findall(names)}


def _gzip(data):
    """As gzip does it, without a time and a name: the bytes change only when the page does."""
    packer = zlib.compressobj(level=9, wbits=_GZIP_FORMAT, memLevel=9)
    return packer.compress(data) + packer.flush()


def _headers(body, style, script):
    policy = {
        "default-src": "'none'",
        "script-src": _source(script),
        "style-src": _source(style),
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    digest = hashlib.sha256(body)
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Encoding": "gzip",
        # The browser keeps the page, and asks each time whether it is still the same.
        "Cache-Control": "no-cache",
        "ETag": f'"{digest.hexdigest()[:16]}"',
        "Last-Modified": _moment(digest.digest()),
        "Content-Security-Policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def _moment(digest):
    """A time that stands for the page as its ETag does.

    A microdot server speaks HTTP/1.0, and Chromium sends no ETag back to such a server, but this.
    It is no time at which anything was done: that would differ from one build to the other.
    """
    seconds = int.from_bytes(digest[:8], "big") % _MOMENTS_S
    return formatdate(_FIRST_MOMENT + seconds, usegmt=True)


def _source(text):
    """A source of a Content-Security-Policy: the hash of what stands between two tags."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def write(page, folder):
    """Write the page's two files into a folder; the headers as lines of `Name: value`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / BODY).write_bytes(page.body)
    lines = [f"{name}: {value}\n" for name, value in page.headers.items()]
    (folder / HEADERS).write_text("".join(lines), encoding="ascii", newline="\n")


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m host.page", description="Put the live page together into one file."
    )
    parser.add_argument("--out", type=Path, default=tree.REPO / "build" / "page", metavar="FOLDER")
    args = parser.parse_args(argv)
    try:
        page = make()
        if len(page.body) >= LIMIT:
            raise PageError(f"The page has {len(page.body)} bytes; it must stay below {LIMIT}.")
        write(page, args.out)
    except (PageError, OSError) as error:
        print(f"page: {error}", file=sys.stderr)
        return 1
    print(f"{args.out / BODY}: {len(page.body)} bytes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
