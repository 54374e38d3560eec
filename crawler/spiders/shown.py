"""The posts that the lists of a crawl have shown."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.addresses import Link


class Shown:
    """Which posts were shown, and which of these were listed: wanted, and taken into the ledger.

    A post takes 80 bytes, whatever its address: it is known by 8 bytes of a digest. That two of a
    million posts have the same ones is a chance of 1 in 37 million.
    """

    def __init__(self) -> None:
        self._listed: dict[int, bool] = {}
        self.number_listed = 0

    def add(self, posts: Iterable[Link]) -> None:
        """Note posts that a list shows."""
        for post in posts:
            self._listed.setdefault(_key(post), False)

    def list(self, posts: Iterable[Link]) -> None:
        """Note posts that are wanted, each once."""
        for post in posts:
            key = _key(post)
            self.number_listed += not self._listed.get(key, False)
            self._listed[key] = True

    def is_listed(self, post: Link) -> bool:
        """Whether a list has shown a post that is wanted."""
        return self._listed.get(_key(post), False)

    def __contains__(self, post: Link) -> bool:
        return _key(post) in self._listed

    def __len__(self) -> int:
        return len(self._listed)


def _key(post: Link) -> int:
    return int.from_bytes(blake2b(post.url.encode(), digest_size=8).digest(), "big")
