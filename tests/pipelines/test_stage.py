from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from crawler.addresses import Site
from crawler.article import ArticleItem, Observation
from crawler.merge import Version, merge
from crawler.pages.errors import PageError
from crawler.pages.post import PostPage
from crawler.pages.share import ShareAnswer
from crawler.pages.source_post import SourcePost
from crawler.pages.tree import parse_fragment
from pipelines import STAGES
from pipelines.stage import Rejected, Stage
from tests.staging import staged

TESTS = Path(__file__).parents[1]
SAMPLE = TESTS.parent / "crawler" / "sample_site"
HOME = "https://finews.withounder.com/"
SITE = Site(HOME, HOME, "http://finews.zning.xyz/")
SEEN = datetime(2022, 1, 1, tzinfo=UTC)

SOURCES = {path.stem[11:]: path for path in sorted((SAMPLE / "source" / "_posts").glob("20*-*.md"))}
# Below /2021/ stands the one page that Jekyll built without layout.
PAGES = {
    path.stem: path
    for path in sorted((SAMPLE / "www").glob("*/**/2021/*/*/*.html"))
    if path.relative_to(SAMPLE / "www").parts[0] != "2021"
}
SHARES = {path.stem: path for path in sorted((SAMPLE / "share").glob("*.json"))}
# Their pages show the day after the id's, which gives the eight hours away.
NEXT_DAY = {"202112072205511407", "NW202112072205870319"}
BROKEN_SHARE = "NW202112132212035597"


class Even(Stage):
    """Counts what it sees, and cannot take an odd number of tags."""

    name = "even"

    def process(self, observation):
        if len(observation.tags) % 2:
            raise ValueError(f"{len(observation.tags)} tags")
        self.count("tags", len(observation.tags))
        observation.title = "seen"


def observation(*tags):
    return Observation("init", "page", "address", SEEN, tags=list(tags))


def counters(stats):
    return {key: value for key, value in stats.get_stats().items() if key.startswith("finews/")}


def test_a_stage_changes_every_observation_and_hands_the_item_on():
    stage = Even.from_crawler(get_crawler())
    item = ArticleItem("init", [observation("甲", "乙"), observation()])

    assert stage.process_item(item) is item
    assert [one.title for one in item.observations] == ["seen", "seen"]
    assert counters(stage.stats) == {"finews/even/tags": 2}


def test_nothing_is_counted_as_nothing():
    stage = Even.from_crawler(get_crawler())

    stage.process_item(ArticleItem("init", [observation()]))

    assert counters(stage.stats) == {}


def test_a_stage_counts_in_the_crawls_own_statistics():
    crawler = get_crawler()

    Even.from_crawler(crawler).process_item(ArticleItem("init", [observation("甲", "乙")]))

    assert crawler.stats.get_value("finews/even/tags") == 2


def test_what_fails_a_stage_is_dropped_with_stage_and_reason():
    stage = Even.from_crawler(get_crawler())

    with pytest.raises(Rejected, match="even: ValueError: 1 tags") as caught:
        stage.process_item(ArticleItem("init", [observation("甲")]))

    assert isinstance(caught.value, DropItem)
    assert (caught.value.stage, caught.value.reason) == ("even", "ValueError: 1 tags")


def test_the_stages_are_listed_by_names_that_exist():
    names = [path.rpartition(".") for path in STAGES]

    assert all(hasattr(import_module(module), name) for module, _, name in names)
    assert names[-1][2] == "StoreArticles"


@pytest.fixture(scope="module")
def expected():
    return json.loads((TESTS / "sample_site" / "expected.json").read_text(encoding="utf-8"))


def from_page(article_id):
    path = PAGES[article_id]
    link = SITE.link("/" + path.relative_to(SAMPLE / "www").as_posix())
    return staged(PostPage(path.read_text(encoding="utf-8"), link).observation(SEEN))


def from_source(article_id):
    path = SOURCES[article_id]
    return staged(SourcePost(path.read_text(encoding="utf-8"), path.name, SITE).observation(SEEN))


def from_share(article_id):
    answer = ShareAnswer(SHARES[article_id].read_bytes(), article_id)
    return staged(answer.observation(article_id, SEEN))


def plain(text):
    """A text without spaces, its quotation marks, dashes and ellipses as a keyboard has them."""
    text = re.sub(r"[\s“”‘’\"']", "", text)
    return text.replace("–", "--").replace("…", "...")


def words_of(article_id):
    """The article's words as its source has them, read by plain replacement."""
    text = SOURCES[article_id].read_text(encoding="utf-8").strip().split("\n---\n", 1)[1]
    text = re.split(r'<p class="em_media">|^<(?:http[^>]*)?>\s*$|^\[返回', text, flags=re.M)[0]
    text = re.sub(r"^> .*$", "", text, flags=re.M)
    return plain(unescape(re.sub(r"<!--.*?-->|<[^>]+>", "", text, flags=re.S)))


def assert_is(told, want):
    lines = told.content_text.split("\n")
    assert told.title == want["title"]
    assert (told.category_name, told.tags) == (want["category_name"], want["tags"])
    assert told.category == want["category"]
    assert told.source == want["source"]
    assert told.origin_url == want["origin_url"]
    assert told.digest == want["digest"]
    assert told.stock_images_removed == want["stock_images_removed"]
    assert_names(told, want)
    assert len(lines) == want["n_paragraphs"]
    assert plain(lines[0]) == plain(want["first_paragraph"])
    assert plain(lines[-1]) == plain(want["last_paragraph"])


def assert_names(told, want):
    codes = [{"code": one.code, "symbol": one.symbol, "via": one.via} for one in told.securities]
    assert len(codes) == len(want["securities"])
    for code, wanted in zip(codes, want["securities"], strict=True):
        assert code | wanted == code
    assert [board.code for board in told.boards] == want["boards"]


def test_the_sample_site_is_all_there(expected):
    assert SOURCES.keys() == expected.keys()
    assert PAGES.keys() == {
        key for key, want in expected.items() if not want["page"][1:5].isdigit()
    }
    assert len(SHARES) == 27


@pytest.mark.parametrize("article_id", PAGES)
def test_a_page_gives_its_article(article_id, expected):
    want = expected[article_id]

    told = from_page(article_id)

    assert_is(told, want)
    known = article_id in NEXT_DAY or want["zone_in_source"]
    lag = timedelta(hours=0 if known else 8)
    assert told.published.time == datetime.fromisoformat(want["published_at"]) + lag
    assert told.url == HOME + want["page"][1:]
    assert plain(told.content_text) == words_of(article_id)


@pytest.mark.parametrize("article_id", SOURCES)
def test_a_source_gives_its_article(article_id, expected):
    want = expected[article_id]

    told = from_source(article_id)

    assert_is(told, want)
    assert told.published.time.isoformat() == want["published_at"]
    assert told.url == HOME + want["page"][1:]
    assert plain(told.content_text) == words_of(article_id)


@pytest.mark.parametrize("article_id", sorted(SHARES.keys() - {BROKEN_SHARE}))
def test_a_share_answer_gives_its_article(article_id, expected):
    want = expected[article_id]
    page = from_page(article_id)

    told = from_share(article_id)

    lines = told.content_text.split("\n")
    if told.published_raw is not None:
        assert told.published.time.isoformat() == want["published_at"]
    if want["share"] == "empty":
        assert (told.content_text, told.content_html, told.content_hash) == ("", "", None)
    elif want["share"] == "short":
        assert 2 * len(told.content_text) < len(page.content_text)
        assert plain(lines[0]) == plain(want["first_paragraph"])
    elif want["share"] == "longer":
        assert len(lines) == want["share_n_paragraphs"]
        assert lines[:-1] == page.content_text.split("\n")
        assert lines[-1] == want["share_last_paragraph"]
    else:
        assert told.content_hash == page.content_hash
        assert told.source == want["source"]
        assert told.stock_images_removed == want["stock_images_removed"]
        assert_names(told, want)
        assert plain(told.content_text) == words_of(article_id)


@pytest.mark.parametrize("article_id", PAGES)
def test_page_and_source_have_the_same_hash(article_id):
    assert from_page(article_id).content_hash == from_source(article_id).content_hash


@pytest.mark.parametrize("article_id", SOURCES)
def test_all_sources_together_give_the_article(article_id, expected):
    want = expected[article_id]
    readers = [(PAGES, from_page), (SOURCES, from_source), (SHARES, from_share)]
    told = [
        read(article_id)
        for paths, read in readers
        if article_id in paths and not (read is from_share and article_id == BROKEN_SHARE)
    ]

    article = merge([Version(one, SEEN, SEEN) for one in told])

    assert article.published_at.isoformat() == want["published_at"]
    assert article.category == want["category"]
    assert (article.title, article.source) == (want["title"], want["source"])
    assert article.stock_images_removed == want["stock_images_removed"]
    assert article.content_text.count("\n") + 1 == want.get(
        "share_n_paragraphs", want["n_paragraphs"]
    )


def test_a_page_that_jekyll_built_without_layout_is_refused(expected):
    (path,) = (want["page"] for want in expected.values() if not want["listed"])

    with pytest.raises(PageError):
        PostPage((SAMPLE / "www" / path[1:]).read_text(encoding="utf-8"), SITE.link(path))


def test_an_answer_that_cannot_be_parsed_is_refused():
    with pytest.raises(PageError):
        from_share(BROKEN_SHARE)


def test_a_brief_s_twin_has_its_text_and_neither_title_nor_date(expected):
    path = SAMPLE / "source" / "_posts" / "-202112282229511846.md"

    told = staged(SourcePost(path.read_text(encoding="utf-8"), path.name, SITE).observation(SEEN))

    assert (told.title, told.published, told.url) == (None, None, None)
    assert told.content_text == from_source(told.id).content_text


def test_the_two_media_of_one_story_have_texts_of_their_own(expected):
    one, other = "NW202112292230771846", expected["NW202112292230771846"]["same_story_as"]

    assert from_page(one).content_hash != from_page(other).content_hash


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p>甲<span style="display:none">藏</span>乙</p>', "甲乙"),
        ('<p>甲<a class="keytip" style="display:none" data-code="1,600160">藏</a>乙</p>', "甲乙"),
    ],
    ids=["span", "mention"],
)
def test_what_is_hidden_does_not_come_to_light_on_its_way(html, text):
    told = staged(Observation("init", "page", HOME, SEEN, tree=parse_fragment(html)))

    assert told.content_text == text
