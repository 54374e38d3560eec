"""What finews wrote into a folder of feeds, so that what has not changed is not written again."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Self

import orjson

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
# The only paths that are ever taken from a manifest: names that `places` gives.
PATH = re.compile(r"all|(category|symbol)/[^./\0][^/\0]*")


@dataclass(frozen=True, slots=True)
class Written:
    """The files of one group: what they were made of, None for unknown, and their sizes."""

    made_of: str | None = None
    sizes: tuple[int | None, ...] = ()


@dataclass(slots=True)
class Manifest:
    """Groups by the paths of their folders."""

    groups: dict[str, Written] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The manifest in a file; one that is missing, damaged or of another version is empty.

        Raises OSError.
        """
        try:
            told = orjson.loads(path.read_bytes())
            if told["version"] != VERSION:
                return cls()
            groups = {key: _written(**value) for key, value in told["groups"].items()}
        except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
            return cls()
        return cls({key: value for key, value in groups.items() if PATH.fullmatch(key)})

    def as_bytes(self) -> bytes:
        """The manifest as it stands in its file."""
        groups = {path: asdict(self.groups[path]) for path in sorted(self.groups)}
        return orjson.dumps(
            {"version": VERSION, "groups": groups}, option=orjson.OPT_APPEND_NEWLINE
        )


def _written(made_of: str | None, sizes: list[int]) -> Written:
    return Written(made_of, tuple(sizes))
