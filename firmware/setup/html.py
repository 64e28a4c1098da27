"""HTML: texts as they stand in it, and forms. Loaded by the pages that need it."""


def escaped(text):
    """A text between tags and in quotes."""
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        text = text.replace(sign, "&%s;" % name)
    return text


def form(request):
    """The fields of a form that was sent; none where it is no form, or not text."""
    try:
        return request.form or {}
    except ValueError:
        return {}
