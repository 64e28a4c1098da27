"""Where a settings file is no JSON: said by line and column, and alike under both Pythons."""

import json

import pytest
import under_micropython
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.json_check import mistake

CASES = {
    '{"a": 1,\n "b": 2\n "c": 3}': "line 3, column 2: a comma is missing",
    '{"a": 1,\n}': "line 2, column 1: there is a comma too many before the bracket",
    "[1, ]": "line 1, column 5: there is a comma too many before the bracket",
    '{"a" 1}': "line 1, column 6: a colon is missing",
    '{"a": 1': "line 1, column 8: the text ends too early: is a bracket missing?",
    "": "line 1, column 1: the text ends too early: is a bracket missing?",
    '{"a": "b}\n': "line 1, column 7: the quotation mark at the end of this text is missing",
    "{'a': 1}": 'line 1, column 2: a name in double quotes must stand here, such as "wifi_name"',
    '{"a": b}': "line 1, column 7: a text must stand in double quotes; without them: numbers, "
    "true, false, null",
    '{"a": 1} 2': "line 1, column 10: nothing may follow the last bracket",
    '{"a": "C:\\new\\x"}': "line 1, column 14: a backslash must be written twice",
    '{"a": [1, 2}': "line 1, column 12: a comma is missing",
    '{"a": "\t"}': "line 1, column 8: a control character must be written as \\u00…",
}


@pytest.mark.parametrize("text", CASES)
def test_a_mistake_is_said_with_its_place(text):
    assert mistake(text) == CASES[text]


def test_both_pythons_say_the_same():
    lines = [json.dumps(text) for text in CASES]
    code = (
        "import json\nfrom firmware.json_check import mistake\n"
        f"for line in {lines!r}:\n    print(mistake(json.loads(line)))\n"
    )
    said = under_micropython.run("-c", code)
    assert said.stdout.decode().splitlines() == list(CASES.values())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values, st.sampled_from([None, 1]))
def test_what_is_json_passes(value, indent):
    assert mistake(json.dumps(value, indent=indent)) is None


@given(json_values, st.data())
@example(1.5, None)
def test_what_passes_is_what_python_takes(value, data):
    text = json.dumps(value)
    if data is not None:
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from('{}[],:"\\ 01e.-tnx\n')) + text[at + 1 :]
    try:
        json.loads(text, parse_constant=int)
        passes = True
    except ValueError:
        passes = False
    assert (mistake(text) is None) == passes
