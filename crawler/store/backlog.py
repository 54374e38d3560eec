"""What a backfill still has to get, and what came of it: questions to ledger and articles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.addresses import Link
from crawler.article import SHANGHAI
from crawler.store.links import link_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crawler.store.connection import Store

OPEN = ("new", "owed")
PAGE = 200
EXAMPLES = 5
STORED = {
    "from": "articles",
    "localField": "article",
    "foreignField": "_id",
    "pipeline": [{"$project": {"_id": 1}}],
    "as": "stored",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Posts of some categories, or of all when none is named, first seen on some days.

    A post without a day in its address is in every range. A page without a zone can be a day late.
    """

    slugs: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    @property
    def posts(self) -> dict[str, Any]:
        """What chooses links of posts."""
        chosen: dict[str, Any] = {"kind": "post", "state": {"$ne": "forgotten"}}
        if self.slugs:
            chosen["category"] = {"$in": self.spellings}
        days: dict[str, datetime] = {}
        if self.since:
            days["$gte"] = _midnight(self.since)
        if self.until:
            days["$lte"] = _midnight(self.until + timedelta(days=1))
        if days:
            chosen["$or"] = [{"day": days}, {"day": None}]
        return chosen

    @property
    def articles(self) -> dict[str, Any]:
        """What chooses articles."""
        chosen: dict[str, Any] = {}
        if self.slugs:
            chosen["category"] = {"$in": self.spellings}
        times: dict[str, datetime] = {}
        if self.since:
            times["$gte"] = datetime.combine(self.since, datetime.min.time(), SHANGHAI)
        if self.until:
            after = self.until + timedelta(days=1)
            times["$lt"] = datetime.combine(after, datetime.min.time(), SHANGHAI)
        if times:
            chosen["published_at"] = times
        return chosen

    @property
    def spellings(self) -> list[str]:
        """Addresses tell slugs in lower case only."""
        return sorted({*self.slugs, *(slug.casefold() for slug in self.slugs)})


@dataclass(frozen=True, slots=True)
class Day:
    """What became of one day's posts; `by` counts the stored articles by source."""

    day: date | None
    listed: int
    stored: int
    missing: int
    by: dict[str, int]


@dataclass(frozen=True, slots=True)
class Missing:
    """Posts that are not stored, or answers that did not come, for one reason; the ids of some."""

    state: str
    reason: str | None
    number: int
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Answerable:
    """A post that a share answer may complete, or replace where nothing of it is stored.

    `share`: its share link, None where none is known.
    """

    post: Link
    share: Link | None
    is_stored: bool


class Backlog:
    """One backfill's view of the ledger, from the time on at which it began."""

    def __init__(self, store: Store, scope: Scope, began: datetime) -> None:
        self.links = store.collection("links")
        self.articles = store.collection("articles")
        self.scope = scope
        self.began = began
        # What was answered since then had its turn.
        untried = {"$or": [{"fetched_at": None}, {"fetched_at": {"$lt": began}}]}
        self.open = {"$and": [{"state": {"$in": OPEN}}, untried]}

    def posts(self, oldest_first: bool = False) -> list[Link]:
        """The next posts to be asked for, by day: what is claimed or was answered is none."""
        order = 1 if oldest_first else -1
        found = self.links.find(self._open_posts()).sort([("day", order), ("_id", order)])
        return [link_of(document) for document in found.limit(PAGE)]

    def count_posts(self) -> int:
        """How many posts are to be asked for."""
        return self.links.count_documents(self._open_posts())

    def count_known(self) -> int:
        """How many posts the ledger knows."""
        return self.links.count_documents(self.scope.posts)

    def count_stored(self) -> int:
        """How many articles are stored."""
        return self.articles.count_documents(self.scope.articles)

    def count_answered(self) -> int:
        """How many share answers came since the backfill began."""
        return self.links.count_documents({"kind": "share", "fetched_at": {"$gte": self.began}})

    def count_turns(self) -> tuple[int, int]:
        """How many posts had their turn since the backfill began, and of how many so far."""
        had = {"state": {"$nin": ["asked", "forgotten"]}, "fetched_at": {"$gte": self.began}}
        done = self.links.count_documents({**self.scope.posts, **had})
        asked = self.links.count_documents({**self.scope.posts, "state": "asked"})
        return done, done + asked + self.count_posts()

    def all_posts(self, after: str = "") -> list[Link]:
        """The next page of all posts, by address."""
        return [link_of(one) for one in self._page(self.scope.posts, after)]

    def pages(self) -> Iterator[list[Link]]:
        """All posts, some at a time."""
        after = ""
        while posts := self.all_posts(after):
            yield posts
            after = posts[-1].url

    def shares(self, posts: Sequence[Link]) -> list[Answerable]:
        """Those of the posts whose share answer is still to be asked for."""
        ids = [post.article_id for post in posts]
        of_posts = {"kind": "share", "article": {"$in": ids}}
        known = {one["article"] for one in self.links.find(of_posts, {"article": 1})}
        found = self.links.find({"$and": [of_posts, self.open]})
        open_ones = {one["article"]: link_of(one) for one in found}
        stored = {one["_id"] for one in self.articles.find({"_id": {"$in": ids}}, {"_id": 1})}
        return [
            Answerable(post, open_ones.get(post.article_id), post.article_id in stored)
            for post in posts
            if post.article_id in open_ones or post.article_id not in known | stored
        ]

    def shares_alone(self, after: str = "") -> list[Link]:
        """The next page of owed share answers, by address, whatever post they are of."""
        chosen = {"$and": [{"kind": "share"}, self.open]}
        return [link_of(one) for one in self._page(chosen, after)]

    def gaps(self) -> tuple[list[Day], list[Missing]]:
        """What became of the posts of each day, and why some are not stored.

        The oldest day first, posts without one last; the most frequent reason first.
        """
        groups = list(self._listed())
        missing = [group for group in groups if group["_id"]["is_missing"]]
        return self._days(groups), _by_reason(
            (group["_id"]["state"], group["_id"].get("reason"), group["n"], group["first"])
            for group in missing
        )

    def _days(self, groups: Iterable[dict[str, Any]]) -> list[Day]:
        listed: Counter[str | None] = Counter()
        missing: Counter[str | None] = Counter()
        for group in groups:
            day = group["_id"]["day"]
            listed[day] += group["n"]
            missing[day] += group["n"] if group["_id"]["is_missing"] else 0
        stored: Counter[str | None] = Counter()
        by: dict[str | None, Counter[str]] = {}
        for group in self._stored():
            day, kinds = group["_id"]["day"], group["_id"]["kinds"]
            stored[day] += group["n"]
            by.setdefault(day, Counter()).update(dict.fromkeys(kinds or (), group["n"]))
        return [
            Day(
                date.fromisoformat(name) if name else None,
                listed[name],
                stored[name],
                missing[name],
                dict(by.get(name, {})),
            )
            for name in sorted({*listed, *stored}, key=lambda name: (name is None, name or ""))
        ]

    def missing_answers(self) -> list[Missing]:
        """Why share answers of the posts did not come, the most frequent reason first."""
        return _by_reason(
            (one["state"], one.get("reason"), 1, [[one["_id"], one["article"]]])
            for one in self._answers_not_stored()
        )

    def _answers_not_stored(self) -> Iterator[dict[str, Any]]:
        after = ""
        while found := self._page({"kind": "share", "state": {"$ne": "stored"}}, after):
            articles = {"article": {"$in": [one["article"] for one in found]}}
            wanted = self.links.find({"$and": [self.scope.posts, articles]}, {"article": 1})
            known = {one["article"] for one in wanted}
            yield from (one for one in found if one["article"] in known)
            after = found[-1]["_id"]

    def _page(self, chosen: dict[str, Any], after: str) -> list[dict[str, Any]]:
        """The next of the links that are chosen, by address."""
        rest = {"$and": [chosen, {"_id": {"$gt": after}}]}
        return list(self.links.find(rest).sort("_id").limit(PAGE))

    def _open_posts(self) -> dict[str, Any]:
        return {"$and": [self.scope.posts, self.open]}

    def _listed(self) -> Iterable[dict[str, Any]]:
        """How many posts are known by day and, of those not stored, by reason; the first of them.

        In one walk, for each post is looked up among the articles.
        """
        is_missing = {"$eq": ["$stored", []]}

        def of_missing(told: Any) -> dict[str, Any]:
            return {"$cond": [is_missing, told, None]}

        key = {
            "day": {"$dateToString": {"date": "$day", "format": "%Y-%m-%d"}},
            "is_missing": is_missing,
            "state": of_missing("$state"),
            "reason": of_missing("$reason"),
        }
        first = {"input": of_missing(["$_id", "$article"]), "n": EXAMPLES}
        stages: list[dict[str, Any]] = [
            {"$match": self.scope.posts},
            {"$lookup": STORED},
            {"$group": {"_id": key, "n": {"$sum": 1}, "first": {"$minN": first}}},
            {"$sort": {"_id.state": 1, "_id.reason": 1}},
        ]
        return self.links.aggregate(stages, allowDiskUse=True)

    def _stored(self) -> Iterable[dict[str, Any]]:
        """How many articles are stored, by day and the kinds of their sources."""
        zoned = {"date": "$published_at", "format": "%Y-%m-%d", "timezone": "Asia/Shanghai"}
        # Files are sources each for itself: front_matter:NAME.
        kind = {"$first": {"$split": ["$$this.k", ":"]}}
        kinds = {"$map": {"input": {"$objectToArray": "$provenance"}, "in": kind}}
        key = {"day": {"$dateToString": zoned}, "kinds": {"$setUnion": [kinds]}}
        stages: list[dict[str, Any]] = [
            {"$match": self.scope.articles},
            {"$group": {"_id": key, "n": {"$sum": 1}}},
        ]
        return self.articles.aggregate(stages, allowDiskUse=True)


def _by_reason(
    found: Iterable[tuple[str, str | None, int, list[list[str]]]],
) -> list[Missing]:
    """The most frequent reason first, of as frequent ones the one that is found first.

    `found`: state, reason, how many posts, and address and id of the first of them.
    """
    numbers: Counter[tuple[str, str | None]] = Counter()
    first: dict[tuple[str, str | None], list[list[str]]] = {}
    for state, reason, number, posts in found:
        why = state, reason
        numbers[why] += number
        first[why] = sorted([*first.get(why, ()), *posts])[:EXAMPLES]
    return [
        Missing(*why, number, [post for _, post in first[why]])
        for why, number in numbers.most_common()
    ]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
