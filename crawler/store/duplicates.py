"""Groups of articles that tell the same story: who is a duplicate of whom.

Two articles are tied when they share a band and their stories are the same, which depends on
nothing but the two; a group is what ties hold together, and its root is the article that was
published first. So groups do not depend on the order in which articles came. An article knows the
root of its group (`duplicate_of`); of groups nothing else is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from crawler.article import SHANGHAI
from crawler.folding import fold
from crawler.store.documents import SEQ
from crawler.store.texts import TEXTS
from crawler.stories.sameness import is_same
from crawler.stories.story import Story, day_of
from crawler.stories.union import Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.client_session import ClientSession
    from pymongo.database import Database

    from crawler.store.texts import Text

    Document = dict[str, Any]
    Roots = dict[str, str | None]

# The texts of so many candidates are in memory at a time.
MOST_STORIES = 100
HEAD = {"published_at": 1, "duplicate_of": 1}
BODY = {**HEAD, "content_text": 1}
# Any text, and not null.
IS_DUPLICATE = {"duplicate_of": {"$gt": ""}}
UNDATED = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Loose:
    """An article of which it is to be found out to what group it belongs."""

    published_at: datetime | None
    story: Story
    bands: Sequence[int]
    duplicate_of: str | None


class Duplicates:
    """Keeps the groups of a store, in the transactions in which articles change."""

    def __init__(self, database: Database[Document]) -> None:
        self.articles = database["articles"]
        self.texts = database[TEXTS]

    def regroup(
        self, texts: Iterable[Text], known: Mapping[str, str | None], session: ClientSession
    ) -> Roots:
        """The articles that get another root, each with its `duplicate_of` from now on.

        `texts`: of articles that are new or changed; `known`: what those that change or are taken
        out have been duplicates of so far. What the store has of these does not matter.
        """
        loose = {
            text.id: _Loose(text.published_at, text.story, text.bands, known.get(text.id))
            for text in texts
        }
        loose |= self._loosen(known, session)
        return _Regrouping(self, loose, known, session).changes()

    def write(self, roots: Roots, number: int, session: ClientSession) -> int:
        """Write them down, each as a change with a number of its own; the last number."""
        numbered = enumerate(sorted(roots.items()), number + 1)
        changes = [
            UpdateOne({"_id": one}, {"$set": {"duplicate_of": root, SEQ: seq}})
            for seq, (one, root) in numbered
        ]
        if changes:
            self.articles.bulk_write(changes, ordered=False, session=session)
        return number + len(changes)

    def _loosen(self, known: Mapping[str, str | None], session: ClientSession) -> dict[str, _Loose]:
        """The others of the groups of these articles: without them, they may hold no more."""
        if not known:
            return {}
        roots = [root or one for one, root in known.items()]
        of_groups = {"$or": [{"_id": {"$in": roots}}, {"duplicate_of": {"$in": roots}}]}
        found = self.articles.find(of_groups, BODY, session=session)
        others = {one["_id"]: one for one in found if one["_id"] not in known}
        query = {"_id": {"$in": list(others)}}
        texts = self.texts.find(query, {"bands": 1}, session=session) if others else ()
        bands = {one["_id"]: one.get("bands", ()) for one in texts}
        return {
            key: _Loose(one["published_at"], _story(one), bands.get(key, ()), one["duplicate_of"])
            for key, one in others.items()
        }


class _Regrouping:
    """Ties loose articles to one another and to the groups of the store, which hold already."""

    def __init__(
        self,
        duplicates: Duplicates,
        loose: dict[str, _Loose],
        known: Mapping[str, str | None],
        session: ClientSession,
    ) -> None:
        self.articles, self.texts = duplicates.articles, duplicates.texts
        self.loose = loose
        self.known = known
        self.session = session
        self.union = Union()
        self.by_band: dict[int, list[str]] = defaultdict(list)
        for one, article in loose.items():
            self.union.top(one)
            for band in article.bands:
                self.by_band[band].append(one)

    def changes(self) -> Roots:
        """The articles that get another root."""
        self._join_loose()
        self._join_groups()
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
        tried: set[tuple[str, str]] = set()
        for ids in self.by_band.values():
            for pair in combinations(ids, 2):
                if pair not in tried and not self.union.are_joined(*pair):
                    tried.add(pair)
                    one, other = pair
                    if is_same(self.loose[one].story, self.loose[other].story):
                        self.union.join(one, other)

    def _join_groups(self) -> None:
        """Tie loose articles to groups of the store, by whichever of its articles is the same."""
        waiting = self._candidates()
        while waiting:
            # Of each group one candidate at a time: it may be the only one that is needed.
            turn = {pair: waiting[pair].pop() for pair in islice(waiting, MOST_STORIES)}
            query = {"_id": {"$in": list(set(turn.values()))}}
            found = self.articles.find(query, BODY, session=self.session)
            stories = {one["_id"]: _story(one) for one in found}
            for (one, root), candidate in turn.items():
                if is_same(self.loose[one].story, stories[candidate]):
                    self.union.join(one, root)
            waiting = {
                (one, root): left
                for (one, root), left in waiting.items()
                if left and not self.union.are_joined(one, root)
            }

    def _candidates(self) -> dict[tuple[str, str], list[str]]:
        """The stored articles that share a band with a loose one, by that and their root."""
        query = {"bands": {"$in": list(self.by_band)}}
        shared: dict[str, set[str]] = {}
        if self.by_band:
            for text in self.texts.find(query, {"bands": 1}, session=self.session):
                if text["_id"] not in self.loose and text["_id"] not in self.known:
                    ids = (self.by_band.get(band, ()) for band in text["bands"])
                    shared[text["_id"]] = set().union(*ids)
        candidates: dict[tuple[str, str], list[str]] = {}
        if shared:
            of_them = {"_id": {"$in": list(shared)}}
            for head in self.articles.find(of_them, HEAD, session=self.session).sort("_id"):
                for one in shared[head["_id"]]:
                    root = head["duplicate_of"] or head["_id"]
                    candidates.setdefault((one, root), []).append(head["_id"])
        return candidates

    def _published(self, ids: Iterable[str]) -> dict[str, datetime | None]:
        """When articles were published."""
        published = {one: article.published_at for one, article in self.loose.items()}
        others = [one for one in ids if one not in published]
        if others:
            found = self.articles.find({"_id": {"$in": others}}, HEAD, session=self.session)
            published |= {one["_id"]: one["published_at"] for one in found}
        return published


def _story(document: Document) -> Story:
    published_at = document["published_at"]
    day = day_of(published_at.astimezone(SHANGHAI)) if published_at else None
    return Story(fold(document["content_text"]), day)
