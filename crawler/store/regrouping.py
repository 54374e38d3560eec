"""Finding out to what groups articles belong that are new or changed, or were in groups with such.

Of articles that say the same to the letter on one day, one is looked at for all: they have the same
ties.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from crawler.stories.sameness import are_reprints
from crawler.stories.signature import Signature, band_in
from crawler.stories.story import Story, day_of, story_of
from crawler.stories.union import Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.client_session import ClientSession
    from pymongo.collection import Collection

    Document = dict[str, Any]
    # Of articles their `duplicate_of`.
    Roots = dict[str, str | None]
    # A loose article, and the root of a group in which some are like it.
    Tie = tuple[str, str]

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

    def changes(self) -> Roots:
        """The articles that get another root, each with its `duplicate_of` from now on."""
        self._tie_loose()
        self._tie_near(self._candidates(self._tie_twins()))
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
        for one, other in {pair for ids in by_band.values() for pair in combinations(ids, 2)}:
            stories = (self.loose[one].story, self.loose[other].story)
            if not self.union.are_joined(one, other) and are_reprints(*stories):
                self.union.join(one, other)

    def _tie_twins(self) -> list[str]:
        """Tie those that the store has to the letter; of the others, one for all that are alike."""
        twins = self._twins()
        heads = self._heads(twins)
        rest = dict(self.firsts)
        for twin, head in heads.items():
            self.union.join(self.by_whole[twins[twin]], head.root)
            rest.pop((twins[twin], head.day), None)
        return list(rest.values())

    def _twins(self) -> dict[str, int]:
        """Stored articles that say the same to the letter, with the number of what they say.

        One of each, which is enough: they are of one group, as far as they have been seen by now.
        """
        if not self.by_whole:
            return {}
        query = {"story": {"$in": list(self.by_whole)}}
        if self.seen_by is not None:
            every = self.texts.find(query, {"story": 1}, session=self.session)
            return {one["_id"]: one["story"] for one in every}
        group = {"_id": "$story", "twin": {"$first": "$_id"}}
        steps: list[Document] = [{"$match": query}, {"$sort": {"story": 1}}, {"$group": group}]
        return {one["twin"]: one["_id"] for one in self.texts.aggregate(steps, self.session)}

    def _candidates(self, rest: Iterable[str]) -> dict[Tie, list[str]]:
        """The stored articles that share a band with one of these, and are near in time."""
        by_band: dict[int, list[str]] = defaultdict(list)
        sought: set[int] = set()
        for one in rest:
            if signature := self.loose[one].signature:
                sought.update(signature.sought)
                for band in signature.bands:
                    by_band[band].append(one)
        if not sought:
            return {}
        query = {"bands": {"$in": list(sought)}}
        shared = {
            text["_id"]: {one for band in text["bands"] for one in by_band.get(band_in(band), ())}
            for text in self.texts.find(query, {"bands": 1}, session=self.session)
        }
        candidates: dict[Tie, list[str]] = {}
        for candidate, head in self._heads(shared).items():
            for one in shared[candidate]:
                candidates.setdefault((one, head.root), []).append(candidate)
        return candidates

    def _heads(self, ids: Iterable[str]) -> dict[str, _Head]:
        """Of articles of the store, without those that are in hand, what is to be known first."""
        others = [one for one in ids if one not in self.loose and one not in self.known]
        if not others:
            return {}
        query: Document = {"_id": {"$in": others}}
        if self.seen_by is not None:
            query["first_seen_at"] = {"$lte": self.seen_by}
        found = self.articles.find(query, HEAD, session=self.session)
        return {
            one["_id"]: _Head(one["duplicate_of"] or one["_id"], day_of(one["published_at"]))
            for one in found
        }

    def _tie_near(self, waiting: dict[Tie, list[str]]) -> None:
        """Tie loose articles to groups of the store, by whichever of its articles is the same."""
        while waiting:
            # Of each group one candidate at a time: it may be the only one that is needed.
            turn = {tie: waiting[tie].pop() for tie in islice(waiting, MOST_STORIES)}
            query = {"_id": {"$in": list(set(turn.values()))}}
            found = self.articles.find(query, BODY, session=self.session)
            stories = {one["_id"]: story_in(one) for one in found}
            for (one, root), candidate in turn.items():
                if are_reprints(self.loose[one].story, stories[candidate]):
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
