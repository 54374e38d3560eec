"""Where in the folder each group of articles is, and what its feeds are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from crawler.exports.formats.record import FEED_TITLE, feed_id
from crawler.exports.names import distinct_names
from crawler.store.groups import Group

if TYPE_CHECKING:
    from collections.abc import Iterable

ATOM, JSON_FEED, LINES = FILES = ("feed.atom", "feed.json", "articles.jsonl")


@dataclass(frozen=True, slots=True)
class Place:
    """A group of articles and the path of its folder."""

    group: Group
    path: str

    @property
    def title(self) -> str:
        """The title of its feeds: `北方网 - 金融消息`, `中国平安 601318.SH - 金融消息`."""
        group = self.group
        if group.kind == "all":
            return FEED_TITLE
        both = group.kind == "symbol" and group.name and group.name != group.key
        return f"{f'{group.name} {group.key}' if both else self.name} - {FEED_TITLE}"

    @property
    def name(self) -> str:
        """What the group is called."""
        return self.group.name or self.group.key

    @property
    def feed_id(self) -> str:
        """The id of its feeds."""
        return feed_id(self.group.kind, self.group.key).rstrip("/")

    def url(self, file: str, base: str | None = None) -> str:
        """The address of a file below a base that ends in a slash; a relative one without."""
        return f"{base or ''}{quote(f'{self.path}/{file}')}"


def places(groups: Iterable[Group]) -> list[Place]:
    """Each group at its place; `all` is there even when there are no articles."""
    by_kind: dict[str, dict[str, Group]] = {"all": {}, "category": {}, "symbol": {}}
    for group in groups:
        by_kind[group.kind][group.key] = group
    found = [Place(by_kind.pop("all").get("", Group("all", "")), "all")]
    for kind, by_key in by_kind.items():
        names = distinct_names(sorted(by_key))
        found += [Place(by_key[key], f"{kind}/{names[key]}") for key in sorted(by_key)]
    return found
