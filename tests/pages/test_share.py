from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from crawler.pages.errors import PageError
from crawler.pages.share import ShareAnswer
from crawler.pages.tree import visible_text

CODE = "NW202112312233001257"
SEEN = datetime(2021, 12, 31, 8, 0, tzinfo=UTC)


def answer(**fields):
    return ShareAnswer(json.dumps(fields).encode(), CODE)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"text": "<p>甲</p>"}, "甲"),
        ({"text": "<p>甲</p>", "content": None}, "甲"),
        ({"text": None, "content": "<p>甲</p>"}, "甲"),
        ({"text": "", "content": "<p>甲</p>"}, "甲"),
        ({"text": " \n", "content": "<p>甲</p>"}, "甲"),
        ({"text": "<p>甲</p>", "content": "<p>甲</p><p>乙</p>"}, "甲乙"),
        ({"text": "<p>甲</p>", "content": "<p> </p><div><br></div>" + " " * 100}, "甲"),
        ({"text": "<p></p><p> </p><div></div>", "content": "<p>正</p>"}, "正"),
        ({"text": "<p>正文</p>", "content": "<script>var a=1;var b=2;</script>"}, "正文"),
        ({"text": "<p>正</p>", "content": "<p style='display:none'>很长的隐文</p>"}, "正"),
        ({"text": 0, "content": 5}, ""),
        ({"text": None, "content": None}, ""),
        ({"text": "", "content": ""}, ""),
        ({"text": ["<p>甲</p>"], "content": None}, ""),
        ({"text": True, "content": {}}, ""),
        ({}, ""),
    ],
)
def test_the_body_is_the_one_of_text_and_content_with_more_to_read(fields, text):
    told = answer(**fields)

    assert told.has_body is bool(text)
    assert visible_text(told.observation(CODE, SEEN).tree) == text


def test_a_picture_is_a_body_and_so_much_as_a_title_is_something_said():
    assert answer(text='<p><img src="https://example.com/a.jpg"></p>').has_body
    assert answer(text=None, title="题").says_anything
    assert not answer(text=None, title="题").has_body
    assert not answer(text="", title=" ", infoCode=CODE).says_anything


@pytest.mark.parametrize(
    ("fields", "raw"),
    [
        ({"showtime": 1640934465000}, "1640934465000"),
        ({"showtime": 1640934465}, "1640934465"),
        ({"showtime": "某日", "datetime": "2021-12-31 15:07:45"}, "2021-12-31 15:07:45"),
        (
            {"showtime": "2021-12-31 15:07:45", "datetime": "2021-12-31 15:07:45 星期五"},
            "2021-12-31 15:07:45",
        ),
        ({"showtime": "某日"}, "某日"),
        ({"showtime": True, "datetime": None}, None),
        ({"showtime": 1.5}, None),
    ],
)
def test_the_time_is_the_first_that_can_be_read(fields, raw):
    assert answer(**fields).published_raw == raw


def test_the_medium_is_the_first_that_is_told():
    assert answer(medianame="新华社", **{"from": "新华社客户端（转载）"}).medium == "新华社"
    assert answer(medianame="", **{"from": "新华社"}).medium == "新华社"


def test_an_answer_tells_what_it_holds_of_the_article():
    told = answer(
        text="<p>正文。</p><p class='em_media'>（文章来源：北方网）</p>",
        title="港口&amp;<em>大脑</em>",
        digest="摘要。",
        showtime="2021-12-31 15:07:45",
    ).observation("202112312232761093", SEEN)

    assert (told.id, told.kind, told.key) == ("202112312232761093", "share", "share")
    assert told.share_url == told.address
    assert told.address == f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={CODE}"
    assert told.title == "港口&大脑"
    assert told.digest == "摘要。"
    assert told.published_raw == "2021-12-31 15:07:45"
    assert told.source == "北方网"
    assert visible_text(told.tree) == "正文。"


def test_an_answer_knows_neither_the_sites_address_nor_its_category():
    told = answer(text="<p>正文。</p>").observation(CODE, SEEN)

    assert (told.url, told.category, told.category_name, told.tags) == (None, None, None, [])


@pytest.mark.parametrize("name", ["medianame", "from"])
def test_a_medium_that_is_named_wins_over_the_attribution(name):
    told = answer(**{"text": "<p>甲</p><p>（文章来源：北方网）</p>", name: "上海证券报"})

    assert told.observation(CODE, SEEN).source == "上海证券报"


@pytest.mark.parametrize("name", ["showtime", "datetime"])
def test_the_time_is_read_under_either_name(name):
    assert answer(**{name: "2021-12-31 15:07:45"}).published_raw == "2021-12-31 15:07:45"


def test_an_answer_without_a_body_is_no_error():
    told = answer(text=None, content=None).observation(CODE, SEEN)

    assert visible_text(told.tree) == ""
    assert (told.title, told.digest, told.source, told.published_raw) == (None,) * 4


def test_a_digest_inside_the_body_is_taken_where_none_is_named():
    told = answer(text="<blockquote>摘要。</blockquote><p>正文。</p>").observation(CODE, SEEN)

    assert told.digest == "摘要。"
    assert visible_text(told.tree) == "正文。"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b'{"text": "<p>',
        b"null",
        b'"text"',
        b"[]",
        b'{"text": "\xff"}',
        b"[" * 200_000,
    ],
    ids=["empty", "page", "cut short", "null", "string", "list", "not UTF-8", "too deep"],
)
def test_what_is_no_json_object_is_refused(body):
    with pytest.raises(PageError, match="not"):
        ShareAnswer(body, CODE)
