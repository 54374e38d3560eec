"""The folder of feeds: valid by the formats' rules, and only what changed is written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser
import pytest
from jsonschema import Draft202012Validator, ValidationError

from crawler.exports.web.folder import FORM, ForeignFolderError
from crawler.exports.web.outlet import FolderBusyError, Outlet
from crawler.store.errors import StoreError
from crawler.store.reader import Reader
from crawler.store.selection import Selection
from crawler.store.tombstones import Tombstones
from tests.exports.web.made import (
    BEGIN,
    MANIFEST,
    article,
    contents,
    key,
    stamps,
    touched,
    update,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from crawler.store.connection import Store

SCHEMA = json.loads((Path(__file__).parents[1] / "jsonfeed.schema.json").read_text())
VALID = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
PING_AN, TENCENT = "601318.SH", "00700.HK"
BASE = "https://example.org/news"
# What FORM stands for: the bytes that one article makes.
MADE = {1: "67babe24479c59f0ad2c6f281758e4df2fe3d35efa0eeedb92eb98b949e2fe72"}


def files_of(*places: str) -> set[str]:
    return {
        f"{one}/{name}" for one in places for name in ("feed.atom", "feed.json", "articles.jsonl")
    }


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def forget(store: Store, number: int) -> None:
    Tombstones(store).forget(key(number))


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Path:
    """A folder of four articles: of two categories, three of them naming two securities."""
    write(
        store,
        article(1, PING_AN),
        article(2, PING_AN, TENCENT),
        article(3, TENCENT, category="guanchazhe", category_name="观察者网"),
        article(4, category=None, category_name=None),
    )
    update(store, tmp_path)
    return tmp_path


def test_every_group_has_its_articles(store: Store, filled: Path) -> None:
    members = {
        "all": [1, 2, 3, 4],
        "category/beifangwang": [1, 2],
        "category/guanchazhe": [3],
        f"symbol/{PING_AN}": [1, 2],
        f"symbol/{TENCENT}": [2, 3],
    }
    expected = files_of(*members) | {"index.html", MANIFEST, ".finews/lock"}
    assert contents(filled).keys() == expected
    with Reader(store) as reader:
        records = {one["id"]: one for one in reader.records(Selection())}
    for path, numbers in members.items():
        ids = [key(number) for number in numbers]
        assert lines(filled / path / "articles.jsonl") == [records[one] for one in ids]
        atom = feedparser.parse((filled / path / "feed.atom").read_bytes())
        assert [one.id.rpartition(":")[2] for one in atom.entries] == ids[::-1]
        feed = json.loads((filled / path / "feed.json").read_bytes())
        assert [one["id"] for one in feed["items"]] == ids[::-1]


def test_feeds_hold_the_newest_hundred_newest_first(store: Store, tmp_path: Path) -> None:
    write(store, *map(article, range(103)))
    changed = update(store, tmp_path, base_url=BASE)
    assert (changed.files_written, changed.files_removed, changed.files) == (7, 0, 7)
    newest = [key(number) for number in range(102, 2, -1)]
    place = tmp_path / "category" / "beifangwang"
    assert len(lines(place / "articles.jsonl")) == 103

    atom = feedparser.parse((place / "feed.atom").read_bytes())
    assert (atom.bozo, atom.version) == (False, "atom10")
    assert [one.id.rpartition(":")[2] for one in atom.entries] == newest
    assert atom.feed.title == "北方网 - 金融消息"
    assert atom.feed.id == "tag:finews.withounder.com,2021:feed/category/beifangwang"
    links = {link.rel: link.href for link in atom.feed.links}
    assert links["self"] == f"{BASE}/category/beifangwang/feed.atom"
    assert atom.entries[0].content[0].value == "<p>正文 102 &amp; <b>更多</b></p>"

    feed = json.loads((place / "feed.json").read_bytes())
    VALID.validate(feed)
    assert [one["id"] for one in feed["items"]] == newest
    assert (feed["title"], feed["feed_url"]) == (
        "北方网 - 金融消息",
        f"{BASE}/category/beifangwang/feed.json",
    )
    whole = feedparser.parse((tmp_path / "all" / "feed.atom").read_bytes())
    assert (whole.feed.title, whole.feed.id) == (
        "金融消息",
        "tag:finews.withounder.com,2021:feed/all",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 1),
        ("url", "no address"),
        ("date_published", "2021-12-31"),
        ("authors", [{}]),
        ("titel", "x"),
    ],
)
def test_the_schema_refuses_what_is_no_json_feed(name: str, value: object) -> None:
    item = {"id": "a", "content_text": "x"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [item]}
    VALID.validate(feed)
    with pytest.raises(ValidationError):
        VALID.validate({**feed, "items": [{**item, name: value}]})


def test_an_empty_store_has_valid_feeds(store: Store, tmp_path: Path) -> None:
    assert update(store, tmp_path).files == 4
    assert feedparser.parse((tmp_path / "all" / "feed.atom").read_bytes()).bozo is False
    VALID.validate(json.loads((tmp_path / "all" / "feed.json").read_bytes()))
    assert (tmp_path / "all" / "articles.jsonl").read_bytes() == b""
    assert "共 0 篇" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_odd_names_stay_in_the_folder(store: Store, tmp_path: Path) -> None:
    odd = ["../../etc", "Wind(A)", "wind(a)", "<script>", "&\"' %41", "..", "新闻/。"]
    write(store, *(article(n, category=one, category_name=one) for n, one in enumerate(odd)))
    folder = tmp_path / "site"
    update(store, folder, base_url=BASE)
    assert {path.name for path in tmp_path.iterdir()} == {"site"}
    names = {path.name for path in (folder / "category").iterdir()}
    assert names >= {"%2E.%2F..%2Fetc", "Wind(A)", "%3Cscript%3E", "%2E%2E"}
    assert len({name.casefold() for name in names}) == len(odd)
    ids = set()
    for name in names:
        atom = feedparser.parse((folder / "category" / name / "feed.atom").read_bytes())
        assert atom.bozo is False
        ids.add(atom.feed.id)
        VALID.validate(json.loads((folder / "category" / name / "feed.json").read_bytes()))
    assert len(ids) == len(odd)


def test_nothing_changed(store: Store, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stamps(filled)
    # Whoever reads an article stumbles.
    monkeypatch.delattr(Reader, "_find")
    changed = update(store, filled)
    assert (changed.files_written, changed.files_removed, changed.files) == (0, 0, 16)
    assert touched(filled, before) == set()


def test_a_change_touches_what_holds_it(store: Store, filled: Path) -> None:
    before = stamps(filled)
    write(store, article(3, TENCENT, category="guanchazhe", category_name="观察者网", title="新"))
    changed = update(store, filled)
    expected = files_of("all", "category/guanchazhe", f"symbol/{TENCENT}")
    # The index tells of numbers and times, and none of these changed.
    assert touched(filled, before) == expected | {MANIFEST}
    assert changed.files_written == len(expected)
    before = stamps(filled)
    write(store, article(5, PING_AN))
    update(store, filled)
    expected = files_of("all", "category/beifangwang", f"symbol/{PING_AN}")
    assert touched(filled, before) == expected | {MANIFEST, "index.html"}


def test_a_file_with_the_same_bytes_is_left_alone(store: Store, tmp_path: Path) -> None:
    write(store, *map(article, range(103)))
    update(store, tmp_path)
    before = stamps(tmp_path)
    write(store, article(0, title="neu"))
    assert update(store, tmp_path).files_written == 2
    lines = {f"{place}/articles.jsonl" for place in ("all", "category/beifangwang")}
    assert touched(tmp_path, before) == lines | {MANIFEST}


def test_what_a_selection_leaves_out_is_in_no_group(store: Store, filled: Path) -> None:
    folder = filled / "selected"
    update(store, folder, Selection(symbol=PING_AN))
    groups = files_of("all", "category/beifangwang", f"symbol/{PING_AN}", f"symbol/{TENCENT}")
    assert groups <= contents(folder).keys()
    assert [one["id"] for one in lines(folder / "symbol" / TENCENT / "articles.jsonl")] == [key(2)]
    before = contents(folder)
    update(store, folder, Selection(symbol=PING_AN, until=BEGIN.replace(minute=1)))
    assert [one["id"] for one in lines(folder / "all" / "articles.jsonl")] == [key(1)]
    assert not (folder / "symbol" / TENCENT).exists()
    update(store, folder, Selection(symbol=PING_AN))
    assert contents(folder) == before


def test_another_selection_of_as_many_articles_is_another(store: Store, tmp_path: Path) -> None:
    write(store, article(1, tags=["a"]), article(2, tags=["b"]), article(3, tags=["a", "b"]))
    for tag, first in (("a", 1), ("b", 2)):
        update(store, tmp_path, Selection(tag=tag))
        ids = [one["id"] for one in lines(tmp_path / "all" / "articles.jsonl")]
        assert ids == [key(first), key(3)]


def test_an_article_that_is_forgotten_goes(store: Store, filled: Path) -> None:
    # The last change of its groups is another article's.
    forget(store, 1)
    update(store, filled)
    for place in ("all", "category/beifangwang", f"symbol/{PING_AN}"):
        assert key(1) not in (filled / place / "articles.jsonl").read_text(encoding="utf-8")


def test_a_group_that_vanished_is_removed_and_no_file_of_others(store: Store, filled: Path) -> None:
    own = filled / "category" / "guanchazhe" / "notes.txt"
    own.write_text("mine")
    (filled / "robots.txt").write_text("mine")
    forget(store, 3)
    forget(store, 2)
    changed = update(store, filled)
    assert changed.files_removed == 6
    assert list(own.parent.iterdir()) == [own]
    assert not (filled / "symbol" / TENCENT).exists()
    assert (filled / "robots.txt").read_text() == "mine"
    assert "guanchazhe" not in (filled / "index.html").read_text(encoding="utf-8")
    assert b"guanchazhe" not in (filled / MANIFEST).read_bytes()
    forget(store, 1)
    update(store, filled)
    assert not (filled / "symbol").exists()


def test_an_article_that_moves_leaves_its_category(store: Store, filled: Path) -> None:
    write(store, article(3, TENCENT, category="beifangwang"))
    update(store, filled)
    assert not (filled / "category" / "guanchazhe").exists()
    ids = [one["id"] for one in lines(filled / "category" / "beifangwang" / "articles.jsonl")]
    assert ids == [key(1), key(2), key(3)]


def test_another_base_url_is_in_every_feed(store: Store, filled: Path) -> None:
    before = stamps(filled)
    update(store, filled, base_url=f"{BASE}/")
    feeds = {path for path in before if path.endswith(("feed.atom", "feed.json"))}
    assert touched(filled, before) == feeds | {MANIFEST}
    for path in feeds:
        assert f"{BASE}/{path}".encode() in (filled / path).read_bytes()


def test_a_file_that_was_lost_or_cut_comes_again(store: Store, filled: Path) -> None:
    before = contents(filled)
    (filled / "all" / "feed.json").unlink()
    (filled / "symbol" / PING_AN / "articles.jsonl").write_text("cut")
    (filled / "index.html").unlink()
    assert update(store, filled).files_written == 3
    assert contents(filled) == before


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"version":1}', b'{"version":1,"groups":{"all":{"size":1}}}', b"\xff"],
)
def test_a_damaged_manifest_says_nothing(store: Store, filled: Path, damage: bytes) -> None:
    whole = contents(filled)
    (filled / MANIFEST).write_bytes(damage)
    before = stamps(filled)
    assert update(store, filled).files_written == 0
    assert touched(filled, before) == {MANIFEST}
    assert contents(filled) == whole


def test_a_manifest_of_another_version_says_nothing(store: Store, filled: Path) -> None:
    told = json.loads((filled / MANIFEST).read_bytes())
    (filled / MANIFEST).write_text(json.dumps({**told, "version": told["version"] + 1}))
    forget(store, 3)
    assert update(store, filled).files_removed == 0
    assert (filled / "category" / "guanchazhe" / "feed.atom").exists()


@pytest.mark.parametrize(
    "path",
    ["../outside", "category/../../outside", "category/..", "symbol/a/b", "own", "", "{outside}"],
)
def test_no_manifest_leads_out_of_the_folder(store: Store, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    folder = tmp_path / "site"
    update(store, folder)
    for place in (outside, folder / "own", folder / "symbol" / "a" / "b", folder, tmp_path):
        place.mkdir(parents=True, exist_ok=True)
        (place / "feed.atom").write_text("mine")
    told = json.loads((folder / MANIFEST).read_bytes())
    told["groups"][path.format(outside=outside)] = told["groups"]["all"]
    (folder / MANIFEST).write_text(json.dumps(told))
    assert update(store, folder).files_removed == 0
    assert len(list(tmp_path.rglob("feed.atom"))) == 6


def test_a_link_leads_to_what_is_not_removed(store: Store, filled: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (filled / "category" / "guanchazhe").rename(elsewhere)
    (filled / "category" / "guanchazhe").symlink_to(elsewhere)
    forget(store, 3)
    assert update(store, filled).files_removed == 0
    assert len(list(elsewhere.iterdir())) == 3


def test_what_was_begun_is_not_taken_for_done(
    store: Store, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(store, filled, base_url=BASE)
    before = contents(filled)
    read = Reader.records_of

    def fail(reader: Reader, selection: Selection, group: Any) -> Iterator[dict[str, Any]]:
        if group.kind == "symbol":
            raise OSError(28, "No space left on device")
        return read(reader, selection, group)

    with monkeypatch.context() as patch:
        patch.setattr(Reader, "records_of", fail)
        # An address of the same length, so that no file's size tells.
        with pytest.raises(OSError, match="No space"):
            update(store, filled, base_url=BASE.replace("org", "net"))
    assert contents(filled) != before
    update(store, filled, base_url=BASE)
    assert contents(filled) == before


def test_another_store_with_the_same_numbers_is_another(store: Store, filled: Path) -> None:
    store.database.drop_collection("articles")
    store.database.drop_collection("counters")
    store.database.create_collection("articles")
    write(store, *(article(n, PING_AN, title="neu") for n in range(1, 5)))
    update(store, filled)
    assert {one["title"] for one in lines(filled / "all" / "articles.jsonl")} == {"neu"}


def test_a_store_that_is_restored_meanwhile_removes_nothing(
    store: Store, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(filled)

    def empty(reader: Reader, selection: Selection) -> list[Any]:
        store.database.drop_collection("articles")
        store.database.create_collection("articles")
        return []

    monkeypatch.setattr(Reader, "groups", empty)
    monkeypatch.setattr(Reader, "records_of", lambda *args: iter([]))
    with pytest.raises(StoreError, match="restored"):
        update(store, filled)
    kept = contents(filled)
    assert all(kept[path] == before[path] for path in before if path.startswith("category/"))


def test_a_group_that_is_not_read_whole_is_not_written(
    store: Store, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(filled)
    write(store, article(5))
    monkeypatch.setattr(Reader, "records_of", lambda *args: iter([]))
    with pytest.raises(StoreError, match="all articles of all"):
        update(store, filled)
    assert contents(filled)["all/articles.jsonl"] == before["all/articles.jsonl"]


def test_one_at_a_time(store: Store, filled: Path) -> None:
    with Outlet(filled), pytest.raises(FolderBusyError, match="another export"):
        update(store, filled)
    update(store, filled)


def test_the_index_of_another_site_is_not_lost(store: Store, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>my site</h1>")
    with pytest.raises(ForeignFolderError, match=r"index\.html is not finews's own"):
        update(store, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_the_same_articles_make_the_same_files(store: Store, tmp_path: Path) -> None:
    write(store, article(1, PING_AN))
    update(store, tmp_path, base_url=BASE)
    made = [data for path, data in contents(tmp_path).items() if "/" in path and path[0] != "."]
    digest = hashlib.sha256(b"\0".join(made)).hexdigest()
    assert {FORM: digest} == MADE, "raise FORM in crawler/exports/web/folder.py, and tell it here"
