"""Reads Prometheus' text format, version 0.0.4, strictly; for tests."""

import re

_SAMPLE = re.compile(r"([a-z_0-9]+)(?:\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?)")
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)",?')
_ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def parse(text):
    """(samples, types): {(name, ((label, value), …)): the number as text}, {name: type}.

    A metric's HELP, TYPE and samples must stand together, and no sample comes twice.
    """
    assert text.endswith("\n")
    samples, types = {}, {}
    name = None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in types
            assert len(line.split(" ", 3)[3]) > 3
        elif line.startswith("# TYPE "):
            _, _, typed, types[name] = line.split(" ")
            assert typed == name
        else:
            found = _SAMPLE.fullmatch(line)
            assert found, line
            assert found[1] == name
            labels = found[2] or ""
            assert _LABEL.sub("", labels) == ""
            key = (
                name,
                tuple(
                    (label, re.sub(r'\\[\\n"]', lambda escape: _ESCAPES[escape[0]], value))
                    for label, value in _LABEL.findall(labels)
                ),
            )
            assert key not in samples, key
            samples[key] = found[3]
    assert {name for name, _ in samples} == set(types)
    return samples, types


def sample(name, /, **labels):
    """A key of the samples."""
    return name, tuple(labels.items())
