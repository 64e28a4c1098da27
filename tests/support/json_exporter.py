"""What json_exporter 0.7 does with a module of its configuration, for tests: it is a program of Go
that PyPI does not have.

JSONPaths are evaluated by the library jsonpath-ng; a template `{.a.b}` is its `$.a.b`. What would
make json_exporter log an error, such as a key that is missing, raises `Trouble`.
"""

import functools
import json

from jsonpath_ng.ext import parse

#: Reading a path takes longer than a scrape may.
_path = functools.cache(parse)


class Trouble(Exception):
    """What json_exporter would log as an error."""


def _find(template, data):
    """All that a path in braces finds; text without braces is itself."""
    if not template.startswith("{"):
        return [template]
    assert template.startswith("{.") and template.endswith("}"), template
    found = [match.value for match in _path("$" + template[1:-1]).find(data)]
    if not found:
        raise Trouble(f"{template} is not found")
    return found


def _text(template, data):
    """As Go prints it: a number that is whole has no point."""
    return " ".join(
        found if isinstance(found, str) else json.dumps(found) for found in _find(template, data)
    )


def _number(text):
    if text in ("true", "false"):
        return float(text == "true")
    try:
        return float(text)
    except ValueError:
        raise Trouble(f"{text} is no number") from None


def samples(module, document):
    """The samples of a module: {(name, ((label, value), …)): number}."""
    result = {}
    for metric in module["metrics"]:
        assert metric["type"] == "object"
        for data in _find(metric["path"], document):
            labels = {name: _text(path, data) for name, path in metric["labels"].items()}
            for suffix, path in metric["values"].items():
                key = (f"{metric['name']}_{suffix}", tuple(sorted(labels.items())))
                assert key not in result, f"{key} comes twice"
                result[key] = _number(_text(path, data))
    return result


def exposition(module, document):
    """The samples as Prometheus reads them."""
    lines = []
    for (name, labels), value in samples(module, document).items():
        text = ",".join(f"{label}={json.dumps(value)}" for label, value in labels)
        lines.append(f"{name}{{{text}}} {value!r}\n")
    return "".join(lines)
