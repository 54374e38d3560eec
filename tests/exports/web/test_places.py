"""Where each group is, whatever it is called and whatever else there is."""

from __future__ import annotations

import pytest

from crawler.exports.web.manifest import PATH
from crawler.exports.web.places import places
from crawler.store.groups import Group


def paths(*keys: str) -> list[str]:
    return [place.path for place in places(Group("category", key) for key in keys)][1:]


def test_what_others_follow_does_not_move() -> None:
    assert paths("Wind") == ["category/Wind"]
    first, second = paths("wind", "Wind")
    assert first == "category/Wind"
    assert second.startswith("category/wind~")
    assert len({path.casefold() for path in paths("wind", "Wind", "WIND")}) == 3


def test_all_articles_come_first() -> None:
    found = places([Group("category", "a"), Group("all", "", articles=3)])
    assert [place.path for place in found] == ["all", "category/a"]
    assert found[0].group.articles == 3


@pytest.mark.parametrize(
    ("group", "title"),
    [
        (Group("all", ""), "金融消息"),
        (Group("category", "beifangwang", "北方网"), "北方网 - 金融消息"),
        (Group("category", "beifangwang"), "beifangwang - 金融消息"),
        (Group("symbol", "601318.SH", "中国平安"), "中国平安 601318.SH - 金融消息"),
        (Group("symbol", "601318.SH"), "601318.SH - 金融消息"),
        (Group("symbol", "NIO.US", "NIO.US"), "NIO.US - 金融消息"),
    ],
)
def test_titles(group: Group, title: str) -> None:
    assert places([group])[-1].title == title


def test_a_percent_sign_in_a_name_is_quoted_once_more() -> None:
    (place,) = places([Group("category", "../新")])[1:]
    assert place.path == "category/%2E.%2F新"
    assert place.url("feed.atom") == "category/%252E.%252F%E6%96%B0/feed.atom"
    assert place.url("feed.atom", "https://example.org/").startswith("https://example.org/cat")


def test_the_manifest_knows_every_place() -> None:
    keys = ["", ".", "..", "../a", "/", "a/b", "\0", ".finews", "-o", " a ", "x" * 400, "\n"]
    for place in places(Group("symbol", key) for key in keys if key):
        assert PATH.fullmatch(place.path), place.path
