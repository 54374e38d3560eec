"""A story in a few numbers, of which two that are alike most likely share one.

The shingles of a text are its runs of so many letters. MinHash draws numbers from them, each the
same for two texts with the probability that is the share of shingles that they have in common
(their Jaccard similarity); locality-sensitive hashing puts these together in bands, so that texts
with much in common share a band almost surely, and others almost never.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from rensa import RMinHash

if TYPE_CHECKING:
    from crawler.stories.story import Story


class Shape(NamedTuple):
    """How many letters a shingle has, and of how many numbers a band is made."""

    letters: int
    rows: int


# To be raised with whatever changes these numbers, or the answers of sameness.py: stores whose
# groups are of another version are grouped anew.
VERSION = f"2-{RMinHash.ALGORITHM_VERSION}"
BANDS = 16
# A brief has few shingles, and an edited one shares half of them; so its bands are drawn of fewer.
BRIEF, LONG = Shape(letters=2, rows=3), Shape(letters=6, rows=4)
# What is left of 64 bits numbers the period.
BAND_BYTES = 5
LARGEST_BAND = (1 << 8 * BAND_BYTES) - 1
# Periods are so many times as long as what is near; most of it is in one of them.
PERIOD = 8
SEED = 1
MOST_LETTERS = 100_000
# What cuts a text is remembered for texts of common lengths.
MOST_KNOWN = 1000


@dataclass(frozen=True, slots=True)
class Signature:
    """Numbers: one of the story as a whole (signed, 64 bits), and those of its bands (40 bits).

    Bands are kept behind the number of the period in which the story was published: what a new one
    is compared with stands together, however much was published in other years.
    """

    whole: int
    bands: tuple[int, ...]
    day: date | None
    near_days: int

    @property
    def kept(self) -> list[int]:
        """The bands as they are kept: sorted, those of one time stand together."""
        period = self._period(0)
        return [_at(period, band) for band in self.bands]

    @property
    def sought(self) -> list[int]:
        """The bands of stories that are near in time, as they are kept."""
        periods = {self._period(-self.near_days), self._period(self.near_days)}
        return [_at(period, band) for period in periods for band in self.bands]

    def _period(self, shift: int) -> int:
        """The number of the days that are kept together, of the day that is so far from its own."""
        if self.day is None:
            return 0
        return (self.day.toordinal() + shift) // (PERIOD * self.near_days)


def signature_of(story: Story) -> Signature | None:
    """The signature of a story; None of one that says too little to be compared."""
    if not story.is_comparable:
        return None
    rows = _shape(story).rows
    sketch = RMinHash(num_perm=BANDS * rows, seed=SEED)
    sketch.update(shingles(story))
    drawn = struct.pack(f"<{BANDS * rows}I", *sketch.digest())
    of_its_day = f"{VERSION} {story.day if story.is_of_its_day else ''}".encode()
    whole = _number(story.told.encode("utf-8", "surrogatepass"), of_its_day, 8)
    parts = struct.iter_unpack(f"{4 * rows}s", drawn)
    bands = [
        _number(part, key, BAND_BYTES) for (part,), key in zip(parts, _keys(rows), strict=True)
    ]
    return Signature(whole, tuple(bands), story.day, story.near_days)


@lru_cache
def _keys(rows: int) -> list[bytes]:
    """What makes each band's numbers other than those of the other bands, and of other rows."""
    return [f"{VERSION} {rows} {place}".encode() for place in range(BANDS)]


def band_in(kept: int) -> int:
    """The band that is kept as a number."""
    return kept & LARGEST_BAND


def _at(period: int, band: int) -> int:
    return period << 8 * BAND_BYTES | band


def shingles(story: Story) -> list[bytes]:
    """All runs of so many letters, two bytes a letter; of a huge text those of its beginning."""
    data = story.shingled[:MOST_LETTERS].encode("utf-16-le", "surrogatepass")
    width = 2 * _shape(story).letters
    found: list[bytes] = []
    for offset in range(0, width, 2):
        number = max(len(data) - offset, 0) // width
        cut = _known_cut if number <= MOST_KNOWN else _cut
        found += cut(number, width).unpack_from(data, offset)
    return found


def _shape(story: Story) -> Shape:
    return BRIEF if story.is_brief else LONG


def _cut(number: int, width: int) -> struct.Struct:
    """What cuts so many runs; several times as fast as slices."""
    return struct.Struct(f"{width}s" * number)


_known_cut = lru_cache(2 * MOST_KNOWN)(_cut)


def _number(data: bytes, key: bytes, size: int) -> int:
    digest = blake2b(data, digest_size=size, key=key)
    return int.from_bytes(digest.digest(), "little", signed=size == 8)
