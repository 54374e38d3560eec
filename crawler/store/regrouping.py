"""Finding out to what groups articles belong that are new or changed, or were in groups with such.

Of articles that say the same to the letter on one day, one is looked at for all: they have the same
ties.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any, TypeVar

from crawler.stories.sameness import are_reprints
from crawler.stories.signature import Signature, band_in
from crawler.stories.story import Story, day_of, story_of
from crawler.stories.union import Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pymongo.client_session import ClientSession
    from pymongo.collection import Collection

    Document = dict[str, Any]
    # Of articles their `duplicate_of`.
    Roots = dict[str, str | None]

Entry = TypeVar("Entry")
# The texts of so many candidates are in memory at a time.
MOST_STORIES = 100
# A query takes so many ids; the bands of so many articles.
MOST_IDS, MOST_SOUGHT = 10_000, 500
HEAD = {"published_at": 1, "duplicate_of": 1}
BODY = {**HEAD, "content_text": 1}
UNDATED = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Loose:
    """An article of which it is to be found out to what group it belongs."""

    published_at: datetime | None
    story: Story
    signature: Signature | None
    duplicate_of: str | None


@dataclass(frozen=True, slots=True)
class _Head:
    """An article of the store: the root of its group, and its day."""

    root: str
    day: date | None


class Regrouping:
    """Ties loose articles to one another and to the groups of the store, which hold already.

    `known`: ids of which it does not matter what the store has. `seen_by`: articles that were first
    seen later are passed over.
    """

    def __init__(
        self,
        articles: Collection[Document],
        texts: Collection[Document],
        session: ClientSession,
        loose: dict[str, Loose],
        known: Mapping[str, str | None],
        seen_by: datetime | None,
    ) -> None:
        self.articles = articles
        self.texts = texts
        self.session = session
        self.loose = loose
        self.known = known
        self.seen_by = seen_by
        self.union = Union()
        self.by_whole: dict[int, str] = {}
        self.firsts: dict[tuple[int, date | None], str] = {}
        self.differing: set[tuple[str, str]] = set()

    def changes(self) -> Roots:
        """The articles that get another root, each with its `duplicate_of` from now on."""
        self._tie_loose()
        self._tie_near(self._tie_twins())
        sets = [one for one in self.union.sets() if not self.loose.keys().isdisjoint(one)]
        published = self._published(one for members in sets for one in members)
        now = {one: article.duplicate_of for one, article in self.loose.items()}
        roots: Roots = {}
        for members in sets:
            root = min(members, key=lambda one: (published[one] or UNDATED, one))
            roots |= dict.fromkeys(members, root) | {root: None}
        # The members of groups whose root is none any more.
        lost = [one for one, root in roots.items() if one not in self.loose and root is not None]
        for member, root in self._members(lost):
            now[member], roots[member] = root, roots[root]
        return {one: root for one, root in roots.items() if now.get(one) != root}

    def _tie_loose(self) -> None:
        """Tie loose articles to one another."""
        by_band: dict[int, list[str]] = defaultdict(list)
        for one, article in self.loose.items():
            self.union.top(one)
            if article.signature is None:
                continue
            self.union.join(one, self.by_whole.setdefault(article.signature.whole, one))
            if self.firsts.setdefault((article.signature.whole, article.story.day), one) == one:
                for band in article.signature.bands:
                    by_band[band].append(one)
        for ids in by_band.values():
            if len(ids) == 1:
                continue
            # Sets of this band that are not tied to one another, as far as it is known.
            apart: list[list[str]] = []
            for one in ids:
                tied = [group for group in apart if self._is_tied(one, group)]
                apart = [group for group in apart if group not in tied]
                apart.append([one, *chain.from_iterable(tied)])

    def _is_tied(self, one: str, group: list[str]) -> bool:
        """Whether a loose article is tied to a set of them; if it is, it joins them."""
        if self.union.are_joined(one, group[0]):
            return True
        for other in group:
            pair = (one, other) if one < other else (other, one)
            if pair not in self.differing:
                if are_reprints(self.loose[one].story, self.loose[other].story):
                    self.union.join(one, other)
                    return True
                self.differing.add(pair)
        return False

    def _tie_twins(self) -> list[str]:
        """Tie those that the store has to the letter; of the others, one for all that are alike."""
        rest = dict(self.firsts)
        for some in portions(set(self.by_whole)):
            for head, whole in self._twins(some):
                self.union.join(self.by_whole[whole], head.root)
                rest.pop((whole, head.day), None)
        return list(rest.values())

    def _twins(self, wholes: list[int]) -> Iterator[tuple[_Head, int]]:
        """Stored articles that say the same to the letter, each with the number of what it says.

        One of each is enough, for they are of one group; all are looked at as of a time, since some
        may have been seen later, and where a text has no article.
        """
        if self.seen_by is None:
            group = {"_id": "$story", "twin": {"$first": "$_id"}}
            match: Document = {"$match": {"story": {"$in": wholes}}}
            steps = [match, {"$sort": {"story": 1}}, {"$group": group}]
            found = {one["twin"]: one["_id"] for one in self.texts.aggregate(steps, self.session)}
            heads = self._heads(found)
            yield from ((head, found[twin]) for twin, head in heads.items())
            in_hand = (heads, self.loose, self.known)
            wholes = [
                whole for twin, whole in found.items() if not any(twin in ids for ids in in_hand)
            ]
        if wholes:
            every = self.texts.find({"story": {"$in": wholes}}, {"story": 1}, session=self.session)
            found = {one["_id"]: one["story"] for one in every}
            yield from ((head, found[twin]) for twin, head in self._heads(found).items())

    def _tie_near(self, rest: Iterable[str]) -> None:
        """Tie loose articles to groups of the store, by whichever of their articles is the same."""
        for some in portions(rest, MOST_SOUGHT):
            shared = self._sharing(some)
            heads = self._heads(shared)
            # Of each group one after the other: the first may be the only one that is needed.
            by_root: dict[str, list[str]] = defaultdict(list)
            for candidate, head in heads.items():
                by_root[head.root].append(candidate)
            turns = chain.from_iterable(zip_longest(*by_root.values()))
            for candidates in portions((one for one in turns if one is not None), MOST_STORIES):
                wanted = {
                    candidate: ties
                    for candidate in candidates
                    if (ties := self._apart(shared[candidate], heads[candidate].root))
                }
                for candidate, story in self._stories(wanted):
                    for one in self._apart(wanted[candidate], heads[candidate].root):
                        if are_reprints(self.loose[one].story, story):
                            self.union.join(one, heads[candidate].root)

    def _apart(self, ids: Iterable[str], root: str) -> list[str]:
        return [one for one in ids if not self.union.are_joined(one, root)]

    def _sharing(self, ids: Iterable[str]) -> dict[str, set[str]]:
        """The texts that share a band with some of these and are near in time, and with which."""
        by_band: dict[int, list[str]] = defaultdict(list)
        sought: set[int] = set()
        for one in ids:
            if signature := self.loose[one].signature:
                sought.update(signature.sought)
                for band in signature.bands:
                    by_band[band].append(one)
        if not sought:
            return {}
        query = {"bands": {"$in": list(sought)}}
        return {
            text["_id"]: {one for band in text["bands"] for one in by_band.get(band_in(band), ())}
            for text in self.texts.find(query, {"bands": 1}, session=self.session)
        }

    def _heads(self, ids: Iterable[str]) -> dict[str, _Head]:
        """Of articles of the store, without those that are in hand, what is to be known first."""
        heads: dict[str, _Head] = {}
        for some in portions(id_ for id_ in ids if id_ not in self.loose and id_ not in self.known):
            query: Document = {"_id": {"$in": some}}
            if self.seen_by is not None:
                query["first_seen_at"] = {"$lte": self.seen_by}
            for one in self.articles.find(query, HEAD, session=self.session):
                root = one["duplicate_of"] or one["_id"]
                heads[one["_id"]] = _Head(root, day_of(one["published_at"]))
        return heads

    def _stories(self, ids: Iterable[str]) -> Iterator[tuple[str, Story]]:
        found = self.articles.find({"_id": {"$in": list(ids)}}, BODY, session=self.session)
        for one in found:
            yield one["_id"], story_in(one)

    def _members(self, roots: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The duplicates of these roots, each with its root."""
        for some in portions(roots):
            query = {"duplicate_of": {"$in": some}}
            for one in self.articles.find(query, HEAD, session=self.session):
                yield one["_id"], one["duplicate_of"]

    def _published(self, ids: Iterable[str]) -> dict[str, datetime | None]:
        """When articles were published."""
        published = {one: article.published_at for one, article in self.loose.items()}
        for some in portions(one for one in ids if one not in self.loose):
            found = self.articles.find({"_id": {"$in": some}}, HEAD, session=self.session)
            published |= {one["_id"]: one["published_at"] for one in found}
        return published


def portions(entries: Iterable[Entry], size: int = MOST_IDS) -> Iterator[list[Entry]]:
    """Entries in so many as a query takes."""
    rest = iter(entries)
    while portion := list(islice(rest, size)):
        yield portion


def story_in(document: Document) -> Story:
    """What is compared of the document of an article."""
    return story_of(document["content_text"], document["published_at"])
