"""What a cron expression means, in a time zone: exactly what Debian's cron does.

Five fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday, 1 is Monday). When
both days are restricted, either is enough. A time that the clocks skip in spring fires once, at
the next valid minute; one that they repeat in autumn fires once, the first time. Expressions whose
minute or hour begins with `*` follow the real time through both nights instead.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

_FIELDS = ("minute", "hour", "day of month", "month", "day of week")
#: Numbers, names of months and days, lists, ranges and steps; no extensions of other crons.
_FIELD = re.compile(r"[0-9A-Za-z*,/-]+")
#: Due times whose distances say how much jitter there may be.
_LOOKED_AT = 10
_EXTENSIONS = ("L", "W", "#", "?")
_EXAMPLE = "write five fields, for example '*/15 * * * *' or '0 9 * * 1'"


@dataclass(frozen=True, slots=True)
class Cron:
    """A valid expression in a valid time zone."""

    text: str
    timezone: str
    _zone: ZoneInfo = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str, timezone: str = "UTC") -> "Cron":
        """Raises InvalidCron or UnknownZone, saying what is wrong and how to write it."""
        zone = _zone(timezone)
        _check(text)
        cron = cls(" ".join(text.split()), timezone, zone)
        cron.next_after(datetime.now(UTC))
        return cron

    def next_after(self, moment: datetime) -> datetime:
        """The first due time later than `moment` (aware), in UTC. Raises InvalidCron if never."""
        return next(self.times_after(moment))

    def times_after(self, moment: datetime) -> Iterator[datetime]:
        """All due times later than `moment`, in order and in UTC, without end."""
        last = moment
        times = CronSim(self.text, moment.astimezone(self._zone))
        while True:
            try:
                due = next(times).astimezone(UTC)
            except (StopIteration, OverflowError):
                # Raised from a generator, the first of them would just end it.
                raise InvalidCron(f"{self.text!r} never comes: {_EXAMPLE}") from None
            # In the hour that comes twice, the library begins with the first of the two.
            if due > last:
                last = due
                yield due

    def check_jitter(self, seconds: float) -> None:
        """Raise JitterTooLong unless a due time delayed so much still precedes the next one."""
        times = islice(self.times_after(datetime.now(UTC)), _LOOKED_AT)
        shortest = min((b - a).total_seconds() for a, b in pairwise(times))
        if not 0 <= seconds < shortest:
            raise JitterTooLong(
                f"{seconds:g} s of jitter must be less than the {shortest:g} s between two times "
                f"of {self.text!r}"
            )


class InvalidCron(ValueError):
    """The text is no cron expression, or no moment fits it."""


class JitterTooLong(ValueError):
    """Two due times could change places."""


class UnknownZone(ValueError):
    """The text names no time zone."""


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError) as error:
        raise UnknownZone(
            f"{name!r} is no time zone: give a name such as 'UTC' or 'Europe/Berlin'"
        ) from error


def _check(text: str) -> None:
    fields = text.split() if isinstance(text, str) else []
    if len(fields) != len(_FIELDS):
        raise InvalidCron(f"{text!r} is no cron expression: {_EXAMPLE}")
    for name, part in zip(_FIELDS, fields, strict=True):
        # Names of months and days may have these letters; nothing else may.
        letters = re.sub(r"(?i)\b(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\b", "", part)
        letters = re.sub(r"(?i)\b(SUN|MON|TUE|WED|THU|FRI|SAT)\b", "", letters)
        if not _FIELD.fullmatch(part) or any(mark in letters.upper() for mark in _EXTENSIONS):
            raise InvalidCron(f"{text!r} is no cron expression: its {name} is {part!r}; {_EXAMPLE}")
    try:
        CronSim(text, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        wrong = str(error).removeprefix("Bad ").replace("-", " ")
        raise InvalidCron(f"{text!r} is no cron expression: check its {wrong}") from error
