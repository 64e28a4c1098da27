"""The power goes while a file is written: on LittleFS, at every write to the flash."""

import json

import pytest
from under_micropython import run_script


@pytest.fixture(scope="module")
def ways():
    """What the script has found, by the way of writing and whether there was a file before."""
    found = {}
    for line in run_script("power_cuts.py").splitlines():
        # The others are of the collector, which closes files of a flash that is off.
        if line.startswith(b"{"):
            way = json.loads(line)
            found[way["way"], way["before"]] = way
    return found


def test_a_power_cut_leaves_the_old_file_or_the_new_one(ways):
    replaced = ways["atomic", True]["outcomes"]
    assert set(replaced) == {"old", "new"}
    assert sum(replaced.values()) > 10  # moments at which the power went
    assert set(ways["atomic", False]["outcomes"]) == {"none", "new"}


def test_after_a_power_cut_there_are_settings_that_work(ways):
    for way in ways.values():
        assert set(way["names"]) == {"old", "new"}


def test_the_script_can_tell_a_way_of_writing_that_is_not_safe(ways):
    assert ways["naive", False]["outcomes"]["damaged"] > 0
