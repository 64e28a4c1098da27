"""Makes the history at the start of the program; needed only then."""

import os
from array import array

from dsmr.const import const
from dsmr.fields import slot
from firmware.history import History

# Those of `firmware.history`.
_STEPS = const(60)
_GAP = const(-0x80000000)

#: Where the files are, if no setting says it: beside the program, which an update replaces.
_FOLDER = "history"

#: Minutes of an average of power, and how many are kept, by profile: a day.
_AVERAGES = {"plain": (5, 288), "roomy": (1, 1440), "PC": (1, 1440)}

#: What is taken from telegrams: time, power, the meter's identifier, and the registers in the
#: order of `readings.COLUMNS`.
_FIELDS = (
    b"timestamp total_power_used total_power_generated power_device_serial_number "
    b"energy_used_total power_used_tariff_1 power_used_tariff_2 power_used_tariff_3 "
    b"power_used_tariff_4 energy_generated_total power_generated_tariff_1 "
    b"power_generated_tariff_2 power_generated_tariff_3 power_generated_tariff_4 "
    b"gas_used water_used"
)


def start(context, has_files):
    """The history, which takes every good telegram from now on.

    context: see `firmware.outputs.Context`; its `meter` is asked whether its line is silent
    before the flash is written, as that stops a board's chip. has_files: whether quarter-hours and
    days are recorded, or only the last day's power is kept.
    """
    history = History()
    history.readout = context.readout
    history.log = context.log
    history.meter = None if context.board.profile == "PC" else context.meter
    history.folder = _folder(context) if has_files else None
    history.slots = bytes([slot(name) for name in _FIELDS.split(b" ")])
    history.steps = array("i", [_GAP for _ in range(_STEPS)])
    history.width, size = _AVERAGES[context.board.profile]
    history.averages = array("H", bytes(4 * size))
    history.step = history.newest = history.used = history.generated = history.count = 0
    history.stamp = b"-"
    history.part = -1
    history.due = history.day = history.writes = 0
    history.problem = None
    history.said = []
    context.readout.outputs.append(history.take)
    return history


def _folder(context):
    """The folder of the files; None if there is none, or it cannot be used, which is said."""
    folder = context.settings.get("history_folder", _FOLDER)
    if not folder:
        return None
    try:
        os.mkdir(folder)
    except OSError:
        pass  # it is there; or it cannot be made, and then not be listed either
    try:
        os.listdir(folder)
        return folder
    except OSError as error:
        context.log.say(
            "History: the folder %s cannot be used: %s. Only the last day's power is kept, in "
            "memory." % (folder, error)
        )
        return None
