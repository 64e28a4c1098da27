"""The names of Prometheus' metrics: its template, and their table in docs/prometheus.md.

A metric is called after its field:

- l1_, l2_ or l3_ before the name is the label `phase`; a single digit after a word is a label of
  that word; `used`, `usage` and `generated` are the label `direction`; `total` goes. If what is
  left is the name of a metric without a phase, it is `phase_...`, so that sum() counts once.
- p1_ comes before it, and after it the base unit: _watts, _joules_total. A count of something
  ("..._count") is `..s_total`. What ends in _total is a counter, all else a gauge.
- A text is a label of p1_meter_info. Messages would be a new series each time, lists have times of
  their own, and devices on the M-Bus have metrics for all of them: these have none.

firmware/renderers/prometheus.rules has the exceptions, and says what each metric is; "-" is none.
"""

import re
from collections import namedtuple

from host.fields import FieldsError, between, fields, in_words, is_of_device, pattern, ranges, row

RULES = "firmware/renderers/prometheus.rules"
TEMPLATE = "firmware/renderers/prometheus.prom"
PAGE = "docs/prometheus.md"
BEGIN = "<!-- Made by `make fields`; what stands here is written over. -->"
END = "<!-- What follows is written by hand. -->"

INFO = "p1_meter_info"

#: What a unit adds to a name.
_SUFFIXES = {
    "Boolean": "",
    "Timestamp": "_seconds",
    "Integer": "",
    "Number": "",
    "Watt": "_watts",
    "Volt": "_volts",
    "Ampere": "_amperes",
    "CubicMeter": "_cubic_metres_total",
    "KilowattHour": "_joules_total",
    "GigaJoule": "_joules_total",
    "Hertz": "_hertz",
    "Var": "_vars",
    "VoltAmpere": "_voltamperes",
    "KilovarHour": "_var_seconds_total",
    "KilovoltAmpereHour": "_voltampere_seconds_total",
    "Second": "_seconds",
}

#: name: of the metric without its "p1_", or of the label of p1_meter_info; labels: {name: value};
#: letter: that of the unit.
Sample = namedtuple("Sample", "name labels field letter")

#: exceptions: [(pattern, name, {label: value})]; helps: {metric: what it is}; rest: the template
#: from the metrics of the M-Bus on.
Rules = namedtuple("Rules", "exceptions helps rest")


def made(repo):
    rules = read_rules((repo / RULES).read_text(encoding="utf-8"))
    page = (repo / PAGE).read_text(encoding="utf-8")
    found = samples(rules)
    return {
        TEMPLATE: template(rules, found),
        PAGE: between(page, BEGIN, END, _table(rules, found), PAGE),
    }


def read_rules(text):
    text, mark, rest = text.partition("\ntext\n")
    if not mark:
        raise FieldsError(f'{RULES} has lost its line "text".')
    exceptions = []
    helps = {}
    for line in text.splitlines():
        kind, _, line = line.partition(" ")
        if kind == "field":
            field, name, *labels = line.split(" ")
            labels = dict(label.replace('"', "").split("=") for label in labels)
            exceptions.append((pattern(field), name, labels))
        elif kind == "help":
            name, _, helps[name] = line.partition(" ")
        elif kind not in ("", "#"):
            raise FieldsError(f"{RULES}: a line begins with {kind!r}.")
    return Rules(exceptions, helps, rest)


def samples(rules):
    """A list of all samples, in the order of the fields."""
    found = []
    for field in fields():
        if field.kind in "MHFEB" or is_of_device(field):
            continue
        name, labels = _name(field.name, rules.exceptions)
        if name == "-":
            continue
        for letter, unit in field.units:
            if unit == "String":
                found.append(Sample(name, {}, field.name, letter))
            else:
                found.append(Sample(name + _SUFFIXES[unit], labels, field.name, letter))
    return _apart(found)


def _name(field, exceptions):
    """(name without the unit, {label: value}) of a field."""
    for form, name, labels in exceptions:
        match = form.match(field)
        if match:
            digit = match[1] if form.groups else ""
            return name, {label: value.replace("N", digit) for label, value in labels.items()}
    labels = {}
    words = []
    for word in field.split("_"):
        phase = re.fullmatch(r"l([123])", word)
        if phase and not words:
            labels["phase"] = phase[1]
        elif re.fullmatch(r"\d", word) and words:
            labels[words.pop()] = word
        elif word in ("used", "usage", "generated"):
            labels["direction"] = word.replace("usage", "used")
        elif word != "total":
            words.append(word)
    name = "_".join(words)
    return re.sub("_count$", "s_total", name), dict(sorted(labels.items()))


def _apart(found):
    """The same with `phase_` in the names by phase that others have without one."""
    whole = {sample.name for sample in found if "phase" not in sample.labels}
    return [
        sample._replace(name="phase_" + sample.name)
        if "phase" in sample.labels and sample.name in whole
        else sample
        for sample in found
    ]


def metrics(rules, found):
    """{metric: its samples}, in the order of the answer; the label's names are in INFO."""
    by_name = {}
    for sample in found:
        name = INFO if sample.letter == "s" else "p1_" + sample.name
        by_name.setdefault(name, []).append(sample)
    unused = set(rules.helps) - set(by_name)
    if unused:
        raise FieldsError(f"{RULES} says what {', '.join(sorted(unused))} is, which no field has.")
    order = [name for name in rules.helps if name != INFO]
    order += [name for name in by_name if name not in order and name != INFO]
    return {name: by_name[name] for name in [*order, INFO]}


def template(rules, found):
    lines = []
    for name, members in metrics(rules, found).items():
        lines.append(f"# HELP {name} {_help(rules, name)}")
        lines.append(f"# TYPE {name} {_type(name)}")
        if name == INFO:
            lines.append(name + "{")
        for sample in members:
            called = sample.name if name == INFO else name + _braces(sample.labels)
            lines.append(f"{called} {sample.field} {sample.letter}")
        if name == INFO:
            lines.append("} 1")
    return "\n".join(lines) + "\n" + rules.rest


def _help(rules, name):
    return rules.helps.get(name) or in_words(name.removeprefix("p1_")) + "."


def _type(name):
    return "counter" if name.endswith("_total") else "gauge"


def _braces(labels):
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _table(rules, found):
    lines = ["", "| name | type | labels | what it is | field in the JSON |"]
    lines.append("|---|---|---|---|---|")
    for name, members in metrics(rules, found).items():
        if name == INFO:
            labels = [sample.name for sample in members]
        else:
            labels = sorted(members[0].labels)
        text = _help(rules, name).removesuffix(".")
        cells = (
            f"`{name}`",
            _type(name),
            ", ".join(f"`{label}`" for label in labels),
            text[:1].lower() + text[1:],
            ranges([sample.field for sample in members]),
        )
        lines.append(row(cells))
    return "\n".join([*lines, ""])
