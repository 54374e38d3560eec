"""What tests of the folder of feeds share: articles, and what a folder holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crawler.article import SHANGHAI, ArticleItem, Observation, PublishedAt, Security
from crawler.exports.web.folder import WebFolder
from crawler.store.articles import Articles
from crawler.store.selection import Selection

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.exports.web.folder import Changed
    from crawler.store.connection import Store

BEGIN = datetime(2021, 12, 31, 15, tzinfo=SHANGHAI)
SEEN = datetime(2022, 1, 1, tzinfo=UTC)
MANIFEST = ".finews/manifest.json"
EVERYTHING = Selection()


def key(number: int) -> str:
    """The id of the article that was published so many minutes after the first."""
    return f"NW20211231{number:010}"


def article(number: int, *symbols: str, **values: Any) -> ArticleItem:
    """An article as its page tells it, naming these securities."""
    url = f"https://finews.withounder.com/x/2021/12/31/{key(number)}.html"
    told: dict[str, Any] = {
        "observed_at": SEEN,
        "title": f"标题 {number}",
        "category": "beifangwang",
        "category_name": "北方网",
        "tags": ["北方网新闻"],
        "published": PublishedAt(BEGIN + timedelta(minutes=number), "second"),
        "content_html": f"<p>正文 {number} &amp; <b>更多</b></p>",
        "content_text": f"正文 {number} & 更多",
        "source": "界面新闻",
        "securities": [Security(one, None, one[:-3], f"名{one}", "text") for one in symbols],
    }
    page = Observation(id=key(number), kind="page", address=url, url=url, **{**told, **values})
    return ArticleItem(page.id, [page])


def write(store: Store, *items: ArticleItem) -> None:
    """Put articles into the store."""
    assert {one.outcome for one in Articles(store).write(items)} <= {"new", "changed"}


def update(
    store: Store, folder: Path, selection: Selection = EVERYTHING, base_url: str | None = None
) -> Changed:
    """Bring a folder up to date."""
    return WebFolder(store, selection, folder, base_url).update()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes, the manifest included."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(paths)}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """What tells of every file whether it was written again."""
    stats = {path: (folder / path).stat() for path in contents(folder)}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in stats.items()}


def touched(folder: Path, before: dict[str, tuple[int, int]]) -> set[str]:
    """The files that were written or removed since then."""
    return {path for path, _ in stamps(folder).items() ^ before.items()}
