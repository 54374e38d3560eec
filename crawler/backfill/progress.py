"""How far a backfill is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rich.progress import Task

LINE_SECONDS = 10.0


class Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s")


class StageProgress:
    """The progress of one stage, as a context manager; `total` is None where nobody knows it."""

    def __init__(
        self,
        stage: str,
        unit: str,
        total: int | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stage, self.unit, self.total, self.clock = stage, unit, total, clock
        self.began = self.told_at = clock()
        self.done = 0
        self.console = Console(stderr=True)
        self.bar: Progress | None = None
        if self.console.is_terminal:
            columns = (
                *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
                *(TextColumn(unit), Rate(), TimeRemainingColumn()),
            )
            self.bar = Progress(*columns, console=self.console)
            self.task = self.bar.add_task(stage, total=total)

    def update(self, done: int) -> None:
        """Tell how many are done."""
        self.done = done
        now = self.clock()
        if self.bar is not None:
            self.bar.update(self.task, completed=done)
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
        print(told, file=self.console.file)


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
