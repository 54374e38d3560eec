from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.article import Board, Observation, Security
from crawler.merge import Version, is_revision, merge, published_of

ID = "NW202112082206610273"
SEEN = datetime(2021, 12, 8, 4, 0, tzinfo=UTC)
LONG = "沪镍夜盘减仓，库存续降。" * 10


def said(kind, text=LONG, raw=None, article_id=ID, **given):
    """One source's version; its date is read from `raw` as the first stage does."""
    observation = Observation(
        article_id,
        kind,
        f"address of {kind}",
        SEEN,
        published_raw=raw,
        content_text=text,
        content_html=f"<p>{text}</p>" if text else "",
        content_hash=f"hash of {text}" if text else None,
        **given,
    )
    observation.published = published_of(observation)
    return Version(observation, SEEN, SEEN)


def in_any_order(*versions):
    """The one article that all orders of arrival give."""
    articles = [merge(order) for order in permutations(versions)]
    assert all(article == articles[0] for article in articles)
    return articles[0]


def test_an_article_without_a_source_is_refused():
    with pytest.raises(ValueError, match="at least one source"):
        merge([])


def test_each_field_comes_from_the_first_source_in_rank_that_tells_it():
    article = in_any_order(
        said("page", title="页面的标题", digest="页面的摘要", source="北方网", tags=["北方网新闻"]),
        said("front_matter", title="源文件的标题", digest="源文件的摘要"),
        said("share", title="上游的标题"),
    )

    assert article.title == "上游的标题"
    assert article.digest == "源文件的摘要"
    assert article.source == "北方网"
    assert article.tags == ["北方网新闻"]
    assert article.provenance["share"].gave == [
        *("content_hash", "content_html", "content_text", "title"),
    ]
    assert article.provenance["front_matter"].gave == ["digest"]
    assert article.provenance["page"].gave == ["source", "tags"]


def test_a_regular_file_comes_before_its_irregular_twin():
    article = in_any_order(
        said("front_matter", title="标题"),
        said("front_matter", variant="-202112082206610273", title="", raw="+0800"),
        said("front_matter", variant="another", title="别的标题", digest="摘要"),
    )

    assert article.title == "标题"
    assert article.digest == "摘要"
    assert set(article.provenance) == {
        "front_matter",
        "front_matter:-202112082206610273",
        "front_matter:another",
    }


@pytest.mark.parametrize(
    ("share", "taken"),
    [("甲" * 40, True), ("甲" * 50, True), ("甲" * 39, False), ("", False)],
    ids=["half", "more than half", "less than half", "empty"],
)
def test_the_upstreams_body_is_taken_unless_shorter_than_half(share, taken):
    article = in_any_order(
        said("share", share, images=["https://example.com/s.png"]),
        said("page", "乙" * 80, images=["https://example.com/p.png"]),
    )

    text, picture = (share, "s") if taken else ("乙" * 80, "p")
    assert article.content_text == text
    assert article.content_html == f"<p>{text}</p>"
    assert article.content_hash == f"hash of {text}"
    assert article.images == [f"https://example.com/{picture}.png"]


@pytest.mark.parametrize(
    ("raws", "time", "came_from"),
    [
        (
            ("2021-12-08 10:00:01", "2021-12-08 10:00:02", "2021-12-08 10:00:03", None),
            "2021-12-08T10:00:01+08:00",
            "share",
        ),
        (
            (None, "2021-12-08 10:00:02", "2021-12-08 18:00:02", "2021-12-08 18:00:02"),
            "2021-12-08T10:00:02+08:00",
            "front_matter",
        ),
        (("谁知道", "+0800", "2021-12-08 10:00:03", None), "2021-12-08T10:00:03+08:00", "page"),
        ((None, None, "", "2021-12-08T10:00:04+08:00"), "2021-12-08T10:00:04+08:00", "feed"),
        ((None, None, None, None), "2021-12-08T00:00:00+08:00", "id"),
    ],
)
def test_the_date_comes_from_the_first_in_rank_and_failing_all_from_the_id(raws, time, came_from):
    kinds = ("share", "front_matter", "page", "feed")
    article = in_any_order(*(said(kind, raw=raw) for kind, raw in zip(kinds, raws, strict=True)))

    assert article.published_at.isoformat() == time
    assert article.published_from == came_from
    if came_from in kinds:
        assert article.published_raw == raws[kinds.index(came_from)]


@pytest.mark.parametrize("kind", ["page", "feed"])
@pytest.mark.parametrize(
    ("article_id", "shown", "time"),
    [
        ("202112072205511407", "2021-12-08 02:46:18", "2021-12-07T18:46:18+08:00"),
        ("202112082206672930", "2021-12-09 07:59:59", "2021-12-08T23:59:59+08:00"),
        ("202112072205511407", "2021-12-08 08:00:00", "2021-12-08T08:00:00+08:00"),
        ("202112072205511407", "2021-12-07 18:46:18", "2021-12-07T18:46:18+08:00"),
        ("202112072205511407", "2021-12-09 02:46:18", "2021-12-09T02:46:18+08:00"),
        ("202112302232118402", "2021-12-31 00:05:00", "2021-12-31T00:05:00+08:00"),
        ("init", "2021-12-08 02:46:18", "2021-12-08T02:46:18+08:00"),
        ("202112072205511407", "2021-12-08", "2021-12-08T00:00:00+08:00"),
    ],
    ids=[
        *("a day late", "the last day of it", "not the id's day", "the id's day"),
        *("two days late", "when sources had zones", "an id without a day", "no time"),
    ],
)
def test_the_sites_eight_hours_go_only_where_the_id_proves_them(kind, article_id, shown, time):
    article = merge([said(kind, raw=shown, article_id=article_id)])

    assert article.published_at.isoformat() == time
    assert (article.published_raw, article.published_from) == (shown, kind)


def test_a_sources_own_date_is_never_shifted():
    article = merge([said("share", raw="2021-12-08 02:46:18", article_id="202112072205511407")])

    assert article.published_at.isoformat() == "2021-12-08T02:46:18+08:00"


def test_a_date_of_an_id_is_a_day_and_the_unread_text_is_kept():
    article = merge([said("page", raw="前天")])

    assert article.published_precision == "day"
    assert article.published_raw == "前天"


def test_a_word_for_an_id_leaves_the_day_to_the_address():
    url = "https://finews.withounder.com/sitenews/2021/12/05/init.html"

    article = merge([said("page", article_id="init", url=url)])

    assert article.published_at.isoformat() == "2021-12-05T00:00:00+08:00"
    assert (article.published_from, article.published_precision) == ("url", "day")


def test_a_date_that_nobody_tells_is_null():
    article = merge([said("page", article_id="init")])

    assert article.published_at is None
    assert article.published_from is None
    assert article.published_precision is None


def test_the_raw_date_is_that_of_the_source_whose_date_won():
    article = in_any_order(
        said("front_matter", raw="某个早上"),
        said("front_matter", variant="-" + ID, raw="2021-12-08 10:46:18"),
    )

    assert article.published_at.isoformat() == "2021-12-08T10:46:18+08:00"
    assert article.published_raw == "2021-12-08 10:46:18"


def test_a_category_of_an_address_in_lower_case_yields_to_a_certain_one():
    article = in_any_order(
        said("page", category="TechWeb", category_certain=True),
        said("front_matter", category="techweb"),
        said("share"),
    )

    assert article.category == "TechWeb"
    assert "category" in article.provenance["page"].gave


def test_a_category_of_an_address_is_better_than_none():
    assert in_any_order(said("page", category="techweb"), said("share")).category == "techweb"


def test_securities_and_boards_of_all_sources_are_united_each_once():
    ping_an = Security("02318.HK", "116", "02318", "中国平安", "mention")
    index = Security(None, "100", "HSI", "恒生指数", "mention")
    other = Security(None, "101", "HSI", None, "mention")
    nio = Security("NIO.US", "106", "NIO", "蔚来", "stock_image")

    article = in_any_order(
        said("page", securities=[nio, ping_an, index], boards=[Board("BK0493", "新能源")]),
        said(
            "share",
            securities=[ping_an, index, other],
            boards=[Board("BK0478", "有色金属"), Board("BK0493", "新能源")],
        ),
    )

    assert article.securities == [ping_an, index, other, nio]
    assert [board.code for board in article.boards] == ["BK0478", "BK0493"]


def test_removed_blocks_are_not_counted_once_a_source():
    article = in_any_order(
        said("page", stock_images_removed=2), said("share", stock_images_removed=1)
    )

    assert article.stock_images_removed == 2


def test_seen_first_is_the_earliest_and_updated_the_latest():
    early, late = said("page"), said("share")
    hour = timedelta(hours=1)

    article = in_any_order(
        Version(early.observation, SEEN - hour, SEEN),
        Version(late.observation, SEEN, SEEN + hour),
    )

    assert article.first_seen_at == SEEN - hour
    assert article.updated_at == SEEN + hour


@pytest.mark.parametrize(
    ("change", "revised"),
    [
        ({"title": "新标题"}, True),
        ({"text": "正文改了"}, True),
        ({"raw": "2021-12-08 11:00:00"}, True),
        ({"tags": ["别的新闻"], "share_url": "http://example.com/"}, False),
        ({}, False),
    ],
    ids=["title", "text", "date", "footer", "nothing"],
)
def test_a_revision_is_a_change_of_title_text_or_date(change, revised):
    before = {"title": "标题", "raw": "2021-12-08 10:00:00"}

    assert revises(said("page", **before), said("page", **before | change)) is revised


def revises(before, after):
    """Whether it is a revision when one source says something else."""
    one, other = before.observation, after.observation
    return is_revision(merge([before]), merge([after]), {one.key: (one, other)})


@pytest.mark.parametrize(
    ("kind", "later", "revised"),
    [
        ("page", "2021-12-08 18:46:18", False),
        ("feed", "2021-12-08 18:46:18", False),
        ("page", "2021-12-08 18:46:19", True),
        ("page", "某日", True),
        ("share", "2021-12-08 18:46:18", True),
        ("front_matter", "2021-12-08 18:46:18", True),
    ],
)
def test_eight_hours_that_the_site_adds_or_takes_are_no_revision(kind, later, revised):
    now, then = said(kind, raw="2021-12-08 10:46:18"), said(kind, raw=later)

    assert revises(now, then) is revised
    assert revises(then, now) is revised


def test_a_picture_is_a_body_and_an_empty_answer_is_none():
    page = said("page", "", images=["https://example.com/p.png"])
    page.observation.content_html = '<p><img src="https://example.com/p.png"></p>'

    article = in_any_order(said("share", "", title="标题"), page)

    assert article.images == ["https://example.com/p.png"]
    assert article.provenance["page"].gave == ["content_html", "images"]


def test_a_name_that_a_lower_source_knows_completes_a_security():
    article = in_any_order(
        said(
            "share",
            securities=[Security("NIO.US", None, "NIO", None, "text")],
            boards=[Board("BK0493", None)],
        ),
        said(
            "page",
            securities=[Security("NIO.US", "106", "NIO", "蔚来", "mention")],
            boards=[Board("BK0493", "新能源")],
        ),
    )

    assert article.securities == [Security("NIO.US", "106", "NIO", "蔚来", "mention")]
    assert article.boards == [Board("BK0493", "新能源")]
    assert "securities" in article.provenance["share"].gave
    assert "securities" in article.provenance["page"].gave


def test_both_hashes_are_kept_whichever_body_is_taken():
    article = in_any_order(said("share", "甲" * 40), said("page", "乙" * 80))

    assert article.content_hash == "hash of " + "甲" * 40
    hashes = {key: witness.content_hash for key, witness in article.provenance.items()}
    assert hashes == {"share": "hash of " + "甲" * 40, "page": "hash of " + "乙" * 80}


words = st.sampled_from([None, "", "甲", "乙", "丙"])
sources = st.builds(
    said,
    st.sampled_from(["share", "front_matter", "page", "feed"]),
    text=st.sampled_from(["", "甲", "甲乙", "甲乙丙丁", LONG]),
    raw=st.sampled_from([None, "坏的", "2021-12-08 10:46:18", "2021-12-08 18:46:18"]),
    variant=st.sampled_from([None, "-one", "-two"]),
    title=words,
    digest=words,
    category=words,
    category_certain=st.booleans(),
    securities=st.lists(
        st.builds(
            Security,
            st.sampled_from([None, "NIO.US"]),
            st.sampled_from(["100", "106"]),
            st.just("NIO"),
            words,
            st.just("text"),
        ),
        max_size=2,
    ),
)


@given(
    st.lists(sources, min_size=1, max_size=5, unique_by=lambda version: version.observation.key),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_never_matters(versions, random):
    shuffled = list(versions)
    random.shuffle(shuffled)

    assert merge(shuffled) == merge(versions)
