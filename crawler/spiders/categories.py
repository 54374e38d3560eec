"""What a crawl knows of the site's categories: an address tells their slug in lower case only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.addresses import Link
    from crawler.article import Observation


class Categories:
    """Finds the exact slug of each category; `key` is a slug in lower case."""

    def __init__(self, wanted: Iterable[str]) -> None:
        """`wanted`: the slugs asked for; none for all of them."""
        self.wanted = {slug.casefold(): slug for slug in wanted}
        # Told by a footer, or by a category page that answered.
        self.exact: dict[str, str] = {}
        self.told: set[str] = set()
        self.slugs: dict[str, str] = {}
        self.found: set[str] = set()
        self.asked: set[str] = set()
        self.guessed: set[str] = set()
        # How many posts that are asked for may still tell the slug.
        self.telling: Counter[str] = Counter()

    def remember(self, slugs: Iterable[str]) -> None:
        """Take over the slugs that earlier crawls found; of two spellings the one with capitals."""
        for slug in sorted(slugs, key=lambda slug: slug != slug.casefold()):
            self._has_page(slug)

    def is_wanted(self, key: str) -> bool:
        """Whether a category is asked for."""
        return not self.wanted or key in self.wanted

    def expect(self, key: str) -> None:
        """Note that a post is asked for whose footer may tell the slug."""
        self.telling[key] += 1

    def told_by_footer(self, key: str, slug: str | None) -> str | None:
        """The slug whose page may be asked for now; without any footer's it is a guess."""
        self.telling[key] -= 1
        if slug is not None:
            self.learn(slug)
        elif not self.telling[key] and key not in self.slugs:
            slug = self.wanted.get(key) or key
            self.guessed.add(slug)
        if slug:
            self.slugs.setdefault(slug.casefold(), slug)
        return slug or None

    def learn(self, slug: str) -> None:
        """Note an exact slug that a footer tells; the first of several spellings stays."""
        if slug.casefold() not in self.told:
            self.told.add(slug.casefold())
            self.exact[slug.casefold()] = slug

    def take(self, slug: str) -> bool:
        """Whether a category's page is to be asked for: if wanted, and once a crawl."""
        new = slug not in self.asked and self.is_wanted(slug.casefold())
        self.asked.add(slug)
        return new

    def answered(self, slug: str) -> None:
        """Note that a category's page is there under this slug."""
        self._has_page(slug)
        self.found.add(slug.casefold())

    def _has_page(self, slug: str) -> None:
        """A server that ignores case answers every spelling: one in lower case proves least."""
        key = slug.casefold()
        self.slugs[key] = slug
        if key not in self.told and (slug != key or key not in self.exact):
            self.exact[key] = slug

    def name(self, observation: Observation) -> None:
        """Give the category that only an address told its exact slug, where it is known."""
        if observation.category and not observation.category_certain:
            slug = self.exact.get(observation.category.casefold())
            observation.category = slug or observation.category


def key_of(post: Link) -> str:
    """A post's category as its address has it, whatever the case."""
    return (post.category or "").casefold()
