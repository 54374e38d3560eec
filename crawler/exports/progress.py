"""How far an export is: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from crawler.exports.formats.record import Record

# Between two updates of the bar.
EVERY = 200


def watched(records: Iterable[Record], doing: str, count: Callable[[], int]) -> Iterator[Record]:
    """The records, with a bar on standard error if that is a terminal; else none are counted."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from records
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(doing, total=count())
        number = 0
        for number, record in enumerate(records, 1):
            yield record
            if number % EVERY == 0:
                progress.update(task, completed=number)
        progress.update(task, completed=number, total=number)
