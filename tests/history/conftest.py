"""What the tests of the history need."""

import pytest


@pytest.fixture
def folder(tmp_path):
    """The path of a folder for the history's files, which is not there yet."""
    return str(tmp_path / "history")
