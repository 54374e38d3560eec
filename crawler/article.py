"""The data dictionary: what an article is, field by field, and what one source said of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

SCHEMA_VERSION = 1
SHANGHAI = ZoneInfo("Asia/Shanghai")

Via = Literal["stock_image", "mention", "text"]
Precision = Literal["second", "minute", "day"]
SourceKind = Literal["share", "front_matter", "page"]


@dataclass(frozen=True, slots=True)
class Security:
    """A security that the article names.

    `market` is eastmoney's market number as text (null when the article tells only a suffix that
    fits several); `symbol` is null where the market is unknown; `name` is as the article has it.
    """

    symbol: str | None
    market: str | None
    code: str
    name: str | None
    via: Via


@dataclass(frozen=True, slots=True)
class Board:
    """A board (industry or theme) that the article names, for example BK0493."""

    code: str
    name: str | None


@dataclass(frozen=True, slots=True)
class PublishedAt:
    """A publication time with its zone, and how much of it the source told."""

    time: datetime
    precision: Precision


@dataclass(slots=True)
class Observation:
    """What one source said of one article at one time; stages fill in the derived fields.

    `tree` is the parsed body that the stages hand on and the last of them serialises; `raw` is
    the source as received. Neither is stored with the article.
    """

    id: str
    kind: SourceKind
    address: str
    observed_at: datetime
    variant: str | None = None
    url: str | None = None
    share_url: str | None = None
    origin_url: str | None = None
    category: str | None = None
    category_name: str | None = None
    category_certain: bool = False
    tags: list[str] = field(default_factory=list)
    title: str | None = None
    digest: str | None = None
    published_raw: str | None = None
    published: PublishedAt | None = None
    source: str | None = None
    tree: Any = None
    raw: bytes = b""
    content_html: str = ""
    content_text: str = ""
    content_hash: str | None = None
    securities: list[Security] = field(default_factory=list)
    boards: list[Board] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    stock_images_removed: int = 0

    @property
    def key(self) -> str:
        """The name of this source among the article's sources."""
        return f"{self.kind}:{self.variant}" if self.variant else self.kind


TRANSIENT = frozenset({"tree", "raw"})


@dataclass(slots=True)
class ArticleItem:
    """The item that spiders yield: one article, with every observation of it at hand."""

    id: str
    observations: list[Observation]
    links: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Article:
    """One article as the store keeps it and exports write it. Times are aware datetimes."""

    id: str
    url: str | None
    share_url: str | None
    origin_url: str | None
    category: str | None
    category_name: str | None
    tags: list[str]
    title: str | None
    digest: str | None
    published_at: datetime | None
    published_raw: str | None
    published_precision: Precision | None
    published_from: str | None
    source: str | None
    content_html: str
    content_text: str
    securities: list[Security]
    boards: list[Board]
    images: list[str]
    stock_images_removed: int
    content_hash: str | None
    duplicate_of: str | None
    revision: int
    first_seen_at: datetime
    updated_at: datetime
    provenance: dict[str, dict[str, Any]]
    schema: int = SCHEMA_VERSION


ARTICLE_FIELDS = tuple(f.name for f in fields(Article))
