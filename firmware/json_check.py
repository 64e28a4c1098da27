"""Where a text is no JSON (RFC 8259), in words that help: neither Python says it so.

MicroPython's own reader does not say where, and takes commas and colons as it likes; Python's
takes NaN. What passes here is read alike by both. Needed when the settings are read.
"""

_MISSING = "the text ends too early: is a bracket missing?"
_HEX = "0123456789abcdefABCDEF"


def mistake(text):
    """Where and what is wrong first, such as "line 3, column 5: a comma is missing"; or None."""
    at, why = _first(text)
    if not why:
        return None
    line = text[:at].count("\n") + 1
    return "line %d, column %d: %s" % (line, at - text.rfind("\n", 0, at), why)


def _first(text):
    """(where the first mistake is, what it is, or None)."""
    at = 0
    # The brackets that are open; and what comes next: a value, the first name or entry after a
    # bracket, a name, a colon, or a comma.
    brackets = ""
    wanted = "value"
    while True:
        while text[at : at + 1] and text[at] in " \t\r\n":
            at += 1
        char = text[at : at + 1]
        inside = brackets[-1:]
        if wanted == "comma" and not inside:
            return at, "nothing may follow the last bracket" if char else None
        if not char:
            return at, _MISSING
        if inside and char == "]}"[inside == "{"] and wanted in ("first", "comma"):
            brackets = brackets[:-1]
            wanted = "comma"
            at += 1
        elif wanted == "comma":
            if char != ",":
                return at, "a comma is missing"
            wanted = "name" if inside == "{" else "value"
            at += 1
        elif wanted == "colon":
            if char != ":":
                return at, "a colon is missing"
            wanted = "value"
            at += 1
        elif inside == "{" and wanted != "value":
            if char == "}":
                return at, "there is a comma too many before the bracket"
            if char != '"':
                return at, 'a name in double quotes must stand here, such as "wifi_name"'
            at, why = _string(text, at)
            if why:
                return at, why
            wanted = "colon"
        elif char in "{[":
            brackets += char
            wanted = "first"
            at += 1
        elif char == "]" and inside == "[":
            return at, "there is a comma too many before the bracket"
        else:
            at, why = _string(text, at) if char == '"' else _word(text, at)
            if why:
                return at, why
            wanted = "comma"


def _string(text, begin):
    """(where it ends, None), or where and why it does not."""
    at = begin + 1
    while True:
        char = text[at : at + 1]
        if char == "" or char == "\n":
            return begin, "the quotation mark at the end of this text is missing"
        if char < " ":
            return at, "a control character must be written as \\u00…"
        if char == '"':
            return at + 1, None
        at += 1
        if char == "\\":
            digits = text[at + 1 : at + 5]
            if text[at] == "u" and len(digits) == 4 and all(digit in _HEX for digit in digits):
                at += 4
            elif text[at] not in '"\\/bfnrt':
                return at - 1, "a backslash must be written twice"
            at += 1


def _word(text, begin):
    """The same of a number, true, false or null."""
    end = begin
    while end < len(text) and text[end] not in " \t\r\n,:]}{[\"'":
        end += 1
    word = text[begin:end]
    if word in ("true", "false", "null"):
        return end, None
    # Clause 6: 0, -12, 1.5, 2e3; and not 01, +1, .5.
    mantissa, e, exponent = word.lower().partition("e")
    whole, point, rest = mantissa.partition(".")
    whole = whole[1:] if whole[:1] == "-" else whole
    parts = [whole]
    if point:
        parts.append(rest)
    if e:
        parts.append(exponent[1:] if exponent[:1] in ("+", "-") else exponent)
    if all(part.isdigit() for part in parts) and (whole[0] != "0" or whole == "0"):
        return end, None
    return begin, "a text must stand in double quotes; without them: numbers, true, false, null"
