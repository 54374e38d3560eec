"""The data dictionary: what an article is, field by field, and what one source said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal, get_args

from crawler.fetched import Fetched

SCHEMA_VERSION = 1
# Fixed: summer times of decades past are no business of this site's dates.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

Via = Literal["stock_image", "mention", "text"]
VIAS: tuple[Via, ...] = get_args(Via)
Precision = Literal["second", "minute", "day"]
SourceKind = Literal["share", "front_matter", "page", "feed"]
PublishedFrom = Literal["share", "front_matter", "page", "feed", "id", "url"]


@dataclass(frozen=True, slots=True)
class Told:
    """What the dictionary says of a field.

    `otherwise` is what stands there when no source tells it; `rules` are further keywords of JSON
    Schema, by which docs/article.schema.json holds every exported line to the dictionary.
    """

    meaning: str
    otherwise: str = "always told"
    rules: Mapping[str, Any] = field(default_factory=dict)


URI = {"format": "uri"}
SHA_256 = {"pattern": "^[0-9a-f]{64}$"}
NULL, NONE_OF_THEM, EMPTY = "null", "empty list", "empty text"
NOT_EMPTY = {"minLength": 1}


@dataclass(frozen=True, slots=True)
class Security:
    """A security that the article names."""

    symbol: Annotated[
        str | None,
        Told(
            "the code with its exchange: `601318.SH`, `000001.SZ`, `430047.BJ`, `02318.HK` "
            "(five digits), `NIO.US`",
            "null where the market is unknown or has no such symbols (futures, currencies, "
            "foreign indices)",
            {"pattern": r"^(\d{6}\.(SH|SZ|BJ)|\d{5}\.HK|[A-Z][A-Z.]*\.US)$"},
        ),
    ]
    market: Annotated[
        str | None,
        Told(
            "eastmoney's market number, as text ([the table](markets.md))",
            "null where the text tells the country only: (BABA.US)",
            {"pattern": r"^\d+$"},
        ),
    ]
    code: Annotated[
        str,
        Told("the code on that market; of a symbol, its part before the exchange", rules=NOT_EMPTY),
    ]
    name: Annotated[
        str | None,
        Told("the name, as the page's markup of the mention has it", "null without a mention"),
    ]
    via: Annotated[
        Via,
        Told(
            "how the article names it: `stock_image` (a chart that was removed), `mention` (the "
            "page's markup), `text` (a code with its exchange); of several the first of these",
        ),
    ]

    @property
    def key(self) -> tuple[str | None, str]:
        """What two appearances of one security have in common."""
        return (None, self.symbol) if self.symbol else (self.market, self.code)

    def joined(self, other: Security) -> Security:
        """This one, with what another appearance of it knows better."""
        return replace(
            self,
            market=self.market or other.market,
            name=self.name or other.name,
            via=min(self.via, other.via, key=VIAS.index),
        )


@dataclass(frozen=True, slots=True)
class Board:
    """A board (industry or theme) that the article names."""

    code: Annotated[str, Told("the board's code: `BK0493`", rules=NOT_EMPTY)]
    name: Annotated[
        str | None, Told("the name, as the page's markup has it", "null for a chart alone")
    ]

    @property
    def key(self) -> str:
        """What two appearances of one board have in common."""
        return self.code

    def joined(self, other: Board) -> Board:
        """This one, with the name that another appearance of it knows."""
        return replace(self, name=self.name or other.name)


def note(known: dict[Any, Any], one: Security | Board) -> None:
    """Put a security or board among the known ones, or what is new about it to its like."""
    known[one.key] = known[one.key].joined(one) if one.key in known else one


@dataclass(frozen=True, slots=True)
class PublishedAt:
    """A publication time with its zone, and how much of it the source told."""

    time: datetime
    precision: Precision


@dataclass(frozen=True, slots=True)
class Carried:
    """What an export tells of the time before: how many revisions, and the first look of any."""

    first_seen_at: datetime
    revisions: int


@dataclass(slots=True)
class Observation:
    """What one source said of one article at one time; stages fill in the derived fields.

    `tree` is the parsed body that the stages hand on and the last of them serialises; `raw` is
    the source as received. Neither is stored with the article. `carried` stands where an export
    tells what the source said: no more of it than the article shows.
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
    carried: Carried | None = None

    @property
    def key(self) -> str:
        """The name of this source among the article's sources."""
        return f"{self.kind}:{self.variant}" if self.variant else self.kind


TRANSIENT = frozenset({"tree", "raw"})


@dataclass(slots=True)
class ArticleItem:
    """The item that spiders yield: one article, with every observation of it at hand.

    `links` are done when it is stored, and the rejects named in `mends` are void. `fetched`: by
    link, what is then known of its response.
    """

    id: str
    observations: list[Observation]
    links: list[str] = field(default_factory=list)
    mends: list[str] = field(default_factory=list)
    fetched: dict[str, Fetched] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Witness:
    """One source of an article, and what it gave."""

    address: Annotated[
        str, Told("the source's address; of a post source its path in the archive", rules=NOT_EMPTY)
    ]
    observed_at: Annotated[datetime, Told("since when it is known to say what it says")]
    content_hash: Annotated[
        str | None,
        Told("of this source's own text, made as the article's `content_hash`", NULL, SHA_256),
    ]
    gave: Annotated[list[str], Told("the article's fields that are this source's", NONE_OF_THEM)]


def values_of(entry: Security | Board | Carried | Witness) -> dict[str, Any]:
    """By name the fields of a part of an article; dataclasses.asdict would copy each value too."""
    return {name: getattr(entry, name) for name in entry.__slots__}


@dataclass(slots=True)
class Article:
    """One article as the store keeps it and exports write it. Times are aware datetimes."""

    id: Annotated[
        str,
        Told(
            "last part of the post's address: the infoCode (`NW202112312232996687`), the bare "
            "number of a brief, or a word (`init`)",
            rules={"pattern": r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"},
        ),
    ]
    url: Annotated[
        str | None,
        Told("the post's page at FINEWS_CANONICAL_URL", "null when no source told it", URI),
    ]
    share_url: Annotated[str | None, Told("the NewsShare link, on its present host", NULL, URI)]
    origin_url: Annotated[
        str | None, Told("the eastmoney.com news page that a brief comes from", NULL, URI)
    ]
    category: Annotated[
        str | None,
        Told("slug as in the category page's address: `beifangwang`, `Wind(A)`", NULL, NOT_EMPTY),
    ]
    category_name: Annotated[
        str | None, Told("the category's tag without its ending 新闻: `北方网`", NULL, NOT_EMPTY)
    ]
    tags: Annotated[list[str], Told("the tags as on the page", NONE_OF_THEM)]
    title: Annotated[
        str | None, Told("plain text: no tags, no entities", "null when it is empty", NOT_EMPTY)
    ]
    digest: Annotated[
        str | None, Told("the opening quotation of a post, as plain text", NULL, NOT_EMPTY)
    ]
    published_at: Annotated[
        datetime | None,
        Told(
            "ISO 8601, in Asia/Shanghai; a time whose source told the day only is its midnight",
            "the day that id or address tell; else null",
        ),
    ]
    published_raw: Annotated[
        str | None,
        Told(
            "the date as the winning source had it, or, when none could be read, one of them", NULL
        ),
    ]
    published_precision: Annotated[
        Precision | None, Told("how much the source told", "null with `published_at`")
    ]
    published_from: Annotated[
        PublishedFrom | None,
        Told("which source told it; they win in this order", "null with `published_at`"),
    ]
    source: Annotated[
        str | None,
        Told(
            "the medium in the attribution （文章来源：…）, or a brief's last bracket （界面新闻） "
            "when it is in the list of media",
            NULL,
            NOT_EMPTY,
        ),
    ]
    content_html: Annotated[
        str,
        Told(
            "the body, sanitised by allow-list; without stock-image blocks, hidden spacers, share "
            "and footer links, attribution; links are absolute",
            EMPTY,
        ),
    ]
    content_text: Annotated[
        str,
        Told(
            "the body's paragraphs, one a line: no indents, table cells apart by a tab, NFC", EMPTY
        ),
    ]
    securities: Annotated[
        list[Security], Told("in order of appearance, each once, of all sources", NONE_OF_THEM)
    ]
    boards: Annotated[
        list[Board], Told("in order of appearance, each once, of all sources", NONE_OF_THEM)
    ]
    images: Annotated[
        list[str],
        Told(
            "absolute addresses of the pictures left in the body",
            NONE_OF_THEM,
            {"items": {"type": "string", **URI}},
        ),
    ]
    stock_images_removed: Annotated[
        int, Told("how many stock-image blocks were stripped", "0", {"minimum": 0})
    ]
    content_hash: Annotated[
        str | None,
        Told(
            "SHA-256, in hexadecimal, of the text with quotation marks, dashes, ellipses and "
            "spaces folded: the same by page and by source",
            "null for an empty text",
            SHA_256,
        ),
    ]
    duplicate_of: Annotated[
        str | None,
        Told("id of the first article of its group of (nearly) equal texts", NULL, NOT_EMPTY),
    ]
    revision: Annotated[
        int,
        Told(
            "1, and one more each time title, text or date really changed at the source it came "
            "from",
            rules={"minimum": 1},
        ),
    ]
    first_seen_at: Annotated[datetime, Told("ISO 8601, UTC: when any source was first fetched")]
    updated_at: Annotated[
        datetime, Told("ISO 8601, UTC: when a source was first seen to say what it says now")
    ]
    provenance: Annotated[
        dict[str, Witness],
        Told("each source, by its kind (`share`, `page`, `feed`, or `front_matter:` and the file)"),
    ]
    schema: Annotated[int, Told("the version of this table", rules={"const": SCHEMA_VERSION})] = (
        SCHEMA_VERSION
    )


ARTICLE_FIELDS = tuple(f.name for f in fields(Article))
