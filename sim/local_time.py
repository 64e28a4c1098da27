"""The meter's clock: local time in Belgium and the Netherlands, and its spelling in a telegram.

Summer time follows the rule of the European Union (directive 2000/84/EC): it begins on the last
Sunday of March and ends on the last Sunday of October, both at 01:00 UTC. Computed here, so that
no time zone database is needed.
"""

from datetime import datetime, timedelta, timezone

_HOUR = timedelta(hours=1)


def _last_sunday(year: int, month: int) -> int:
    """Day of the month; `month` must have 31 days, as March and October do."""
    return 31 - (datetime(year, month, 31).weekday() + 1) % 7


def is_summer(utc: datetime) -> bool:
    """Whether summer time is in force at this moment of UTC."""
    begin = datetime(utc.year, 3, _last_sunday(utc.year, 3), 1, tzinfo=timezone.utc)
    end = datetime(utc.year, 10, _last_sunday(utc.year, 10), 1, tzinfo=timezone.utc)
    return begin <= utc < end


def to_local(utc: datetime) -> tuple[datetime, bool]:
    """The wall clock (without a zone) at a moment of UTC, and whether it is summer time."""
    summer = is_summer(utc)
    hours = 2 if summer else 1
    return utc.replace(tzinfo=None) + hours * _HOUR, summer


def to_utc(moment: datetime) -> datetime:
    """UTC for a moment given with a zone, or without one as the wall clock shows it.

    The hour that comes twice in October is taken the first time; one that March leaves out is
    taken as if the clock had not been changed yet.
    """
    if moment.tzinfo is not None:
        return moment.astimezone(timezone.utc)
    utc = moment.replace(tzinfo=timezone.utc)
    as_summer = utc - 2 * _HOUR
    return as_summer if is_summer(as_summer) else utc - _HOUR


def tst(utc: datetime) -> str:
    """A timestamp as meters send it: YYMMDDhhmmss and S (summer) or W (winter)."""
    local, summer = to_local(utc)
    return spell(local, summer)


def spell(local: datetime, summer: bool) -> str:
    """The same from a wall clock that is already known."""
    return local.strftime("%y%m%d%H%M%S") + ("S" if summer else "W")
