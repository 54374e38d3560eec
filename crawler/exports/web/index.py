"""The index of the folder: one page of HTML in Chinese, without scripts, that needs no other."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from crawler.article import SHANGHAI
from crawler.exports.formats.record import FEED_TITLE, HOME_PAGE, LANGUAGE
from crawler.exports.web.places import ATOM, JSON_FEED, LINES
from crawler.exports.web.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crawler.exports.web.places import Place

# So many of a group's articles are in its feeds, the newest first.
NEWEST = 100
# By this a page is known as one of ours.
MARK = '<meta name="generator" content="finews">'
NAMES = {ATOM: "Atom", JSON_FEED: "JSON Feed", LINES: "JSON Lines"}
TYPES = {ATOM: "application/atom+xml", JSON_FEED: "application/feed+json"}
STYLE_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# Nothing is loaded and nothing runs, whatever a name may hold.
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'"


# One letter each, since they stand in thousands of rows: number, time, feeds.
NUMBER, TIME, FEEDS = "n", "t", "f"


def index_page(places: Sequence[Place]) -> str:
    """The page: of all articles, then of each category and security, the most articles first."""
    everything = places[0]
    categories, securities = (
        sorted(
            (place for place in places if place.group.kind == kind),
            key=lambda place: (-place.group.articles, place.group.key),
        )
        for kind in ("category", "symbol")
    )
    return f"""<!DOCTYPE html>
<html lang="{LANGUAGE}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
{MARK}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{FEED_TITLE}</title>
{_alternate(everything, ATOM)}
{_alternate(everything, JSON_FEED)}
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{FEED_TITLE}</h1>
<p>{_summary(everything, len(categories), len(securities))}</p>
<p class="chips">{_links(everything)}</p>
<p class="quiet">每个订阅源含最新 {NEWEST} 篇，JSON Lines 含全部文章。\
来源：<a href="{HOME_PAGE}">{HOME_PAGE.split("/")[2]}</a></p>
<nav><a href="#categories">分类</a><a href="#securities">证券</a></nav>
</header>
<main>
{_section("categories", "分类", categories)}
{_section("securities", "证券", securities)}
</main>
</body>
</html>
"""


def _summary(everything: Place, categories: int, securities: int) -> str:
    group = everything.group
    told = [f"共 {group.articles:,} 篇", f"{categories:,} 个分类", f"{securities:,} 只证券"]
    if group.changed:
        told.append(f"更新于 {_time(group.changed)}")
    return " · ".join(told)


def _section(name: str, title: str, places: Sequence[Place]) -> str:
    rows = "\n".join(map(_row, places))
    return f"""<section id="{name}">
<h2>{title}<small>{len(places):,}</small></h2>
<table>
<thead><tr><th scope="col">名称</th><th scope="col" class="{NUMBER}">篇数</th>\
<th scope="col">最新</th><th scope="col" class="{FEEDS}">订阅</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</section>"""


def _row(place: Place) -> str:
    group = place.group
    code = f" <code>{_text(group.key)}</code>" if group.name and group.name != group.key else ""
    newest = _time(group.newest) if group.newest else ""
    return (
        f'<tr><th scope="row">{_text(place.name)}{code}</th>'
        f'<td class="{NUMBER}">{group.articles:,}</td>'
        f'<td class="{TIME}">{newest}</td>'
        f'<td class="{FEEDS}">{_links(place)}</td></tr>'
    )


def _text(text: str) -> str:
    """Text that is shown and not obeyed, nor turns the direction of what follows it."""
    return f"<bdi>{escape(text)}</bdi>"


def _time(time: datetime) -> str:
    local = time.astimezone(SHANGHAI)
    return f'<time datetime="{local.isoformat(timespec="seconds")}">{local:%Y-%m-%d %H:%M}</time>'


def _links(place: Place) -> str:
    return " ".join(
        f'<a href="{escape(place.url(file))}">{name}</a>' for file, name in NAMES.items()
    )


def _alternate(place: Place, file: str) -> str:
    return (
        f'<link rel="alternate" type="{TYPES[file]}" title="{escape(place.title)}" '
        f'href="{escape(place.url(file))}">'
    )
