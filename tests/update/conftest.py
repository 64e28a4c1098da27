"""Boards that take updates, and what is sent to them."""

import pytest
from updates import NEW, OLD, UpdatableBoard, version


@pytest.fixture(scope="session")
def old():
    """The version that boards have at first."""
    return version(OLD)


@pytest.fixture(scope="session")
def new():
    """A version that does as well."""
    return version(NEW)


@pytest.fixture
def updatable(tmp_path, meter_line, old):
    """A function that starts a board which takes updates and reads a meter."""
    boards = []

    def start(installed=old, meter=True, **settings):
        line = meter_line() if meter else None
        board = UpdatableBoard(tmp_path / "flash", line, installed, **settings)
        boards.append(board)
        board.switch_on()
        if meter:
            board.wait_until_it_reads()
        return board

    yield start
    for board in boards:
        board.__exit__()
