"""A story in a few numbers, of which two that are alike most likely share one.

The shingles of a text are its runs of so many letters. MinHash draws numbers from them, each the
same for two texts with the probability that is the share of shingles that they have in common
(their Jaccard similarity); locality-sensitive hashing puts these together in bands, so that texts
with much in common share a band almost surely, and others almost never.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from rensa import RMinHash

if TYPE_CHECKING:
    from crawler.stories.story import Story

# Numbers of another version do not meet these: to be raised with whatever changes them.
VERSION = f"1-{RMinHash.ALGORITHM_VERSION}"
SHINGLE_LETTERS = 6
BANDS, ROWS = 20, 4
SEED = 1


@dataclass(frozen=True, slots=True)
class Signature:
    """Signed numbers of 64 bits: one of the story as a whole, and those of its bands."""

    whole: int
    bands: tuple[int, ...]


def signature_of(story: Story) -> Signature | None:
    """The signature of a story; None of one that says too little to be compared."""
    if not story.is_comparable:
        return None
    sketch = RMinHash(num_perm=BANDS * ROWS, seed=SEED)
    sketch.update(shingles(story.letters))
    rows = struct.pack(f"<{BANDS * ROWS}I", *sketch.digest())
    salt = f"{VERSION} {story.day if story.is_of_its_day else ''}".encode()
    whole = _number(story.letters.encode("utf-8", "surrogatepass"), salt)
    size = 4 * ROWS
    bands = (
        _number(rows[place * size : (place + 1) * size], b"%s %d" % (salt, place))
        for place in range(BANDS)
    )
    return Signature(whole, tuple(bands))


def shingles(letters: str) -> list[bytes]:
    """All runs of so many letters, two bytes a letter."""
    data = letters.encode("utf-16-le", "surrogatepass")
    width = 2 * SHINGLE_LETTERS
    found: list[bytes] = []
    for offset in range(0, width, 2):
        found += _cut(max(len(data) - offset, 0) // width, width).unpack_from(data, offset)
    return found


@lru_cache(4096)
def _cut(number: int, width: int) -> struct.Struct:
    """What cuts so many runs; several times as fast as slices."""
    return struct.Struct(f"{width}s" * number)


def _number(data: bytes, key: bytes) -> int:
    digest = blake2b(data, digest_size=8, key=key)
    return int.from_bytes(digest.digest(), "little", signed=True)
