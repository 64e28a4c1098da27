"""What a person is asked, or has said by a flag.

Each question has a flag that answers it, so that nobody need sit there for ten boards. Where the
flag is missing and nobody sits at a terminal, a sentence names it.
"""

import getpass
import sys


class NoAnswer(Exception):
    """Something is to be said by a flag; the text is for the person."""


def _is_terminal():
    return sys.stdin.isatty()


def _read(prompt, flag):
    if not _is_terminal():
        raise NoAnswer(f"Nobody is there to answer: {prompt.strip()} Say it with {flag}.")
    try:
        return input(prompt).strip()
    except EOFError:
        raise NoAnswer(f"That was not answered; say it with {flag}.") from None


def text(prompt, flag, default="", check=None):
    """A line of text; Enter is the default. check(value): what is wrong with it, or None."""
    shown = f"{prompt} [{default}] " if default else f"{prompt} "
    while True:
        value = _read(shown, flag) or default
        wrong = check(value) if check else None
        if not wrong:
            return value
        print(wrong)


def secret(prompt, flag, check=None):
    """A line that is not shown while it is typed."""
    if not _is_terminal():
        raise NoAnswer(f"Nobody is there to answer: {prompt.strip()} Say it with {flag}.")
    while True:
        value = getpass.getpass(f"{prompt} ")
        wrong = check(value) if check else None
        if not wrong:
            return value
        print(wrong)


def choice(prompt, titles, flag, default=None):
    """The number of the title that was chosen, from 0."""
    for number, title in enumerate(titles, 1):
        print(f"  {number:2}  {title}")

    def check(value):
        if value.isdecimal() and 1 <= int(value) <= len(titles):
            return None
        return f"A number from 1 to {len(titles)}, please."

    return int(text(prompt, flag, default or "", check)) - 1


def yes(prompt, flag, default=True):
    """Whether the answer is yes."""
    shown = "Y/n" if default else "y/N"
    value = _read(f"{prompt} [{shown}] ", flag).lower()
    return default if not value else value.startswith(("y", "j"))
