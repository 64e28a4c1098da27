"""Writes files so that a power cut at any moment leaves the old one or the new one, whole."""

import os


def write(path, text):
    """Write a file beside the old one, and put it in its place in one step."""
    with open(path + ".new", "w") as file:
        file.write(text)
    # LittleFS brings a file to the flash when it is closed, and changes its name in one write.
    os.rename(path + ".new", path)
