"""What one kept input says: a page, an answer or a source as received, without asking anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.addresses import Link, info_code_of
from crawler.article import Observation
from crawler.pages.category import read_category
from crawler.pages.errors import PageError
from crawler.pages.feed import read_feed
from crawler.pages.home import read_home
from crawler.pages.post import PostPage
from crawler.pages.share import ShareAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.addresses import Site


@dataclass(frozen=True, slots=True)
class Input:
    """An input as received. `kind` is a link's kind, or `source_post`, whose `url` is its path."""

    kind: str
    url: str
    article_id: str | None
    raw: bytes
    fetched_at: datetime


@dataclass(slots=True)
class Reading:
    """What an input says, and where it leads.

    `slug` is a category's exact one; `done`: the input's own link is done when this is stored.
    """

    observations: list[Observation] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    slug: str | None = None
    done: bool = True
    problem: str | None = None


def read_input(given: Input, site: Site) -> Reading:
    """What an input says of articles. Raises whatever a page raises that cannot be read.

    Of a feed's entries those that can be read are told, and `problem` is what the others lack.
    """
    return READERS[given.kind](given, site)


def _post(given: Input, site: Site) -> Reading:
    page = PostPage(_text(given.raw), _link(given, site))
    observation = page.observation(given.fetched_at)
    observation.raw = given.raw
    code = page.body.info_code
    shares = [site.share(code, page.article_id)] if code else []
    return Reading([observation], shares, page.slug)


def _share(given: Input, site: Site) -> Reading:  # noqa: ARG001
    code = info_code_of(given.url)
    if code is None:
        raise PageError("its address holds no infoCode")
    answer = ShareAnswer(given.raw, code)
    observation = answer.observation(given.article_id or code, given.fetched_at)
    observation.raw = given.raw
    told = [observation] if answer.says_anything else []
    return Reading(told, done=answer.has_body)


def _feed(given: Input, site: Site) -> Reading:
    reading = Reading()
    told: dict[str, Observation] = {}
    for entry in read_feed(given.raw, site):
        reading.links.append(entry.link)
        try:
            told[entry.article_id] = entry.observation(given.fetched_at)
        except Exception as error:
            reading.problem = f"{type(error).__name__}: {error}"
    reading.observations = list(told.values())
    return reading


def _home(given: Input, site: Site) -> Reading:
    tags = read_home(_text(given.raw), site)
    return Reading(links=[post for tag in tags for post in tag.posts])


def _category(given: Input, site: Site) -> Reading:
    link = _link(given, site)
    posts = read_category(_text(given.raw), link, site)
    return Reading(links=posts, slug=link.category if posts else None)


def _source_post(given: Input, site: Site) -> Reading:
    # A twentieth of the time that a crawl takes to start, and most read no sources.
    from crawler.pages.source_post import SourcePost

    source = SourcePost(given.raw.decode("utf-8"), given.url, site)
    observation = source.observation(given.fetched_at)
    observation.raw = given.raw
    return Reading([observation])


READERS: dict[str, Callable[[Input, Site], Reading]] = {
    "post": _post,
    "share": _share,
    "feed": _feed,
    "home": _home,
    "category": _category,
    "source_post": _source_post,
}


def _link(given: Input, site: Site) -> Link:
    link = site.link(given.url)
    if link is None or link.kind != given.kind:
        raise PageError(f"its address is none of a {given.kind}")
    return link


def _text(raw: bytes) -> str:
    """The site is UTF-8 throughout, whatever a header says."""
    return raw.decode("utf-8", "replace")
