"""HTML: texts as they stand in it. Loaded by the pages that need it."""


def escaped(text):
    """A text between tags and in quotes."""
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        text = text.replace(sign, "&%s;" % name)
    return text
