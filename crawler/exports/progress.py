"""How far an export is: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

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

Entry = TypeVar("Entry")
# Between two updates of the bar.
EVERY = 200


def watched(
    entries: Iterable[Entry], doing: str, count: Callable[[], int], every: int = EVERY
) -> Iterator[Entry]:
    """The entries, with a bar on standard error if that is a terminal; else none are counted."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from entries
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(doing, total=count())
        number = 0
        for number, entry in enumerate(entries, 1):
            yield entry
            if number % every == 0:
                progress.update(task, completed=number)
        progress.update(task, completed=number, total=number)
