"""The `esp32` module of the simulated chip: only what tells about memory."""

from chip_idf import idf_heap_info  # noqa: F401

HEAP_DATA = 4
