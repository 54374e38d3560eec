"""When a crawl is due: by a cron expression, or every so often. Times are Asia/Shanghai."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cronsim import CronSim, CronSimError

from crawler.article import SHANGHAI

CRON_FIELDS = 5
SECOND = timedelta(seconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=SHANGHAI)
DURATION = re.compile(r"([1-9]\d{0,5})([smhd])")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Times(Protocol):
    """The times of a crawl."""

    def last(self, now: datetime) -> datetime:
        """The last time that is not after now."""

    def next(self, now: datetime) -> datetime:
        """The first time after now."""


@dataclass(frozen=True, slots=True)
class Cron:
    """Times by a cron expression: minute, hour, day, month, day of the week (0 and 7: Sunday)."""

    expression: str

    @classmethod
    def read(cls, text: str) -> Cron:
        """An expression that has times. Raises ValueError."""
        if len(text.split()) != CRON_FIELDS:
            raise ValueError(f"{text!r} is no cron expression such as '0 8 * * 1-5'")
        try:
            next(CronSim(text, EPOCH))
        except CronSimError as error:
            raise ValueError(f"{text!r} is no cron expression: {error}") from None
        except StopIteration:
            raise ValueError(f"{text!r} names no day that there is") from None
        return cls(text)

    def last(self, now: datetime) -> datetime:
        """The last time that is not after now."""
        after = now.astimezone(SHANGHAI).replace(microsecond=0) + SECOND
        return next(CronSim(self.expression, after, reverse=True))

    def next(self, now: datetime) -> datetime:
        """The first time after now."""
        return next(CronSim(self.expression, now.astimezone(SHANGHAI)))


@dataclass(frozen=True, slots=True)
class Every:
    """Times that are so many seconds apart, counted from midnight where that divides a day."""

    seconds: int

    @classmethod
    def read(cls, text: str) -> Every:
        """Times by their distance, such as `10m`. Raises ValueError."""
        return cls(seconds_of(text))

    def last(self, now: datetime) -> datetime:
        """The last time that is not after now."""
        return now.astimezone(SHANGHAI) - (now - EPOCH) % timedelta(seconds=self.seconds)

    def next(self, now: datetime) -> datetime:
        """The first time after now."""
        return self.last(now) + timedelta(seconds=self.seconds)


def seconds_of(text: str) -> int:
    """The seconds of a duration: a number and `s`, `m`, `h` or `d`. Raises ValueError."""
    found = DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no duration such as '30s', '10m', '2h' or '1d'")
    return int(found[1]) * UNITS[found[2]]
