"""One file for each category, day or symbol."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from crawler.exports.names import distinct_names
from crawler.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Record = dict[str, Any]

KEYS: dict[str, Callable[[Record], Sequence[str | None]]] = {
    "category": lambda record: [record["category"]],
    "day": lambda record: [record["published_at"] and record["published_at"][:10]],
    "symbol": lambda record: (
        [one["symbol"] for one in record["securities"] if one["symbol"]] or [None]
    ),
}


class Split:
    """Articles by one of the keys; an article of several symbols stands in the file of each."""

    def __init__(self, by: str) -> None:
        self.by = by

    def files(self, records: Iterable[Record]) -> Iterator[tuple[str, Iterator[Record]]]:
        """The name of each file, without its ending, and its articles in order.

        All articles are read first, and wait on the disk.
        """
        places: dict[str | None, array[int]] = {}
        with Spool() as spool:
            for record in records:
                place = spool.add(record)
                for key in KEYS[self.by](record):
                    places.setdefault(key, array("Q")).append(place)
            names = distinct_names(sorted(places, key=lambda key: key or ""))
            for key, name in names.items():
                yield name, spool.read(places[key])

    def uri(self, template: str, name: str) -> str:
        """A file's address: `%(category)s` in the template is its name."""
        return template.replace(self.placeholder, name)

    @property
    def placeholder(self) -> str:
        return f"%({self.by})s"
