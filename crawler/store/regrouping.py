"""Finding out to what groups articles belong that are new or changed, or were in groups with such.

Of articles that say the same to the letter one is looked at for all: they have the same ties.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from crawler.stories.sameness import is_same
from crawler.stories.signature import Signature
from crawler.stories.story import Story, story_of
from crawler.stories.union import Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.client_session import ClientSession
    from pymongo.collection import Collection

    Document = dict[str, Any]
    # Of articles their `duplicate_of`.
    Roots = dict[str, str | None]

# The texts of so many candidates are in memory at a time.
MOST_STORIES = 100
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
        self.by_band: dict[int, list[str]] = defaultdict(list)

    def changes(self) -> Roots:
        """The articles that get another root, each with its `duplicate_of` from now on."""
        self._join_loose()
        self._join_groups(self._candidates(self._without_twins()))
        sets = [one for one in self.union.sets() if not self.loose.keys().isdisjoint(one)]
        published = self._published(one for members in sets for one in members)
        now = {one: article.duplicate_of for one, article in self.loose.items()}
        roots: Roots = {}
        for members in sets:
            root = min(members, key=lambda one: (published[one] or UNDATED, one))
            roots |= dict.fromkeys(members, root) | {root: None}
        # The members of groups whose root is none any more.
        lost = [one for one, root in roots.items() if one not in self.loose and root is not None]
        if lost:
            query = {"duplicate_of": {"$in": lost}}
            for member in self.articles.find(query, HEAD, session=self.session):
                now[member["_id"]] = member["duplicate_of"]
                roots[member["_id"]] = roots[member["duplicate_of"]]
        return {one: root for one, root in roots.items() if now.get(one) != root}

    def _join_loose(self) -> None:
        """Tie loose articles to one another."""
        for one, article in self.loose.items():
            self.union.top(one)
            if article.signature is not None:
                first = self.by_whole.setdefault(article.signature.whole, one)
                self.union.join(one, first)
                for band in article.signature.bands if one == first else ():
                    self.by_band[band].append(one)
        pairs = {pair for ids in self.by_band.values() for pair in combinations(ids, 2)}
        for one, other in pairs:
            stories = (self.loose[one].story, self.loose[other].story)
            if not self.union.are_joined(one, other) and is_same(*stories):
                self.union.join(one, other)

    def _without_twins(self) -> set[str]:
        """Tie those that the store has to the letter; the others, to be looked for by bands."""
        rest = set(self.by_whole.values())
        # Of several that are the same to the letter, the one that is found may be seen later.
        if not rest or self.seen_by is not None:
            return rest
        wholes = {"story": {"$in": list(self.by_whole)}}
        one_of_each = {"_id": "$story", "twin": {"$first": "$_id"}}
        found = self.texts.aggregate(
            [{"$match": wholes}, {"$sort": {"story": 1}}, {"$group": one_of_each}],
            session=self.session,
        )
        twins = {one["twin"]: self.by_whole[one["_id"]] for one in found}
        for twin, root in self._roots(twins).items():
            self.union.join(twins[twin], root)
            rest.discard(twins[twin])
        return rest

    def _candidates(self, rest: set[str]) -> dict[tuple[str, str], list[str]]:
        """The stored articles that share a band with one of these, by that and by their root."""
        by_band = {
            band: [one for one in ids if one in rest]
            for band, ids in self.by_band.items()
            if not rest.isdisjoint(ids)
        }
        if not by_band:
            return {}
        shared: dict[str, set[str]] = {}
        query = {"bands": {"$in": list(by_band)}}
        for text in self.texts.find(query, {"bands": 1}, session=self.session):
            shared[text["_id"]] = {one for band in text["bands"] for one in by_band.get(band, ())}
        candidates: dict[tuple[str, str], list[str]] = {}
        for candidate, root in self._roots(shared).items():
            for one in shared[candidate]:
                candidates.setdefault((one, root), []).append(candidate)
        return candidates

    def _roots(self, ids: Iterable[str]) -> dict[str, str]:
        """Of articles of the store, without those that are in hand, the root of their group."""
        others = [one for one in ids if one not in self.loose and one not in self.known]
        if not others:
            return {}
        query: Document = {"_id": {"$in": others}}
        if self.seen_by is not None:
            query["first_seen_at"] = {"$lte": self.seen_by}
        found = self.articles.find(query, HEAD, session=self.session).sort("_id")
        return {one["_id"]: one["duplicate_of"] or one["_id"] for one in found}

    def _join_groups(self, waiting: dict[tuple[str, str], list[str]]) -> None:
        """Tie loose articles to groups of the store, by whichever of its articles is the same."""
        while waiting:
            # Of each group one candidate at a time: it may be the only one that is needed.
            turn = {pair: waiting[pair].pop() for pair in islice(waiting, MOST_STORIES)}
            query = {"_id": {"$in": list(set(turn.values()))}}
            found = self.articles.find(query, BODY, session=self.session)
            stories = {one["_id"]: story_in(one) for one in found}
            for (one, root), candidate in turn.items():
                if is_same(self.loose[one].story, stories[candidate]):
                    self.union.join(one, root)
            waiting = {
                (one, root): left
                for (one, root), left in waiting.items()
                if left and not self.union.are_joined(one, root)
            }

    def _published(self, ids: Iterable[str]) -> dict[str, datetime | None]:
        """When articles were published."""
        published = {one: article.published_at for one, article in self.loose.items()}
        others = [one for one in ids if one not in published]
        if others:
            found = self.articles.find({"_id": {"$in": others}}, HEAD, session=self.session)
            published |= {one["_id"]: one["published_at"] for one in found}
        return published


def story_in(document: Document) -> Story:
    """What is compared of the document of an article."""
    return story_of(document["content_text"], document["published_at"])
