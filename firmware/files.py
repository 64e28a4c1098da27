"""Reads and writes texts; a power cut at any moment leaves the old file or the new one, whole."""

import os


def read(path):
    """The text of a file; raises OSError if it cannot be read, ValueError if it is not UTF-8."""
    with open(path, encoding="utf-8") as file:
        # Some editors begin a file with this mark.
        return file.read().lstrip("\ufeff")


def write(path, text):
    """Write a file beside the old one, and put it in its place in one step."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    # LittleFS brings a file to the flash when it is closed, and changes its name in one write.
    os.rename(path + ".new", path)
