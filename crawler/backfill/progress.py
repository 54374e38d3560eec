"""How far a backfill is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rich.progress import Progress

LINE_SECONDS = 10.0


class StageProgress:
    """The progress of one stage, as a context manager."""

    def __init__(self, stage: str, unit: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.stage, self.unit, self.clock = stage, unit, clock
        self.began = self.told_at = clock()
        self.done = 0
        self.total: int | None = None
        self.bar: Progress | None = None
        if sys.stderr.isatty():
            # A tenth of the time that a command takes to start, and most have no terminal.
            from crawler.backfill.bar import bar_of

            self.bar = bar_of(unit)
            self.task = self.bar.add_task(stage, total=None)

    def update(self, done: int, total: int | None = None) -> None:
        """Tell how many are done, of so many, None where nobody knows."""
        self.done, self.total = done, total
        now = self.clock()
        if self.bar is not None:
            self.bar.update(self.task, completed=done, total=total)
        elif now - self.told_at >= LINE_SECONDS:
            self.told_at = now
            self._tell(now)

    def __enter__(self) -> Self:
        if self.bar is not None:
            self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.bar is not None:
            self.bar.stop()
        else:
            self._tell(self.clock())

    def _tell(self, now: float) -> None:
        told = line(self.stage, self.unit, self.done, self.total, now - self.began)
        print(told, file=sys.stderr)


def line(stage: str, unit: str, done: int, total: int | None, seconds: float) -> str:
    """The progress in words."""
    rate = done / seconds if seconds > 0 else 0.0
    told = f"backfill: {stage}: {done:,}"
    if total is None:
        return f"{told} {unit}"
    told += f" of {total:,} {unit}, {rate:.1f}/s"
    left = total - done
    return f"{told}, {duration(left / rate)} left" if left > 0 and rate > 0 else told


def duration(seconds: float) -> str:
    """A time in hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
