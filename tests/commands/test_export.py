"""finews export, as users and schedules run it: real processes, kills, restarts."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import feedparser
import pytest
from pymongo.errors import AutoReconnect
from scrapy.settings import Settings

from bench.articles import documents
from crawler.addresses import Link
from crawler.exports.cursor import CursorExport
from crawler.exports.destinations import Destinations
from crawler.exports.follow import Follower
from crawler.exports.formats.registry import form_of
from crawler.exports.job import Export, Order
from crawler.sample_site.server import serve
from crawler.store.connection import Store
from crawler.store.errors import StoreError
from crawler.store.links import Ledger
from crawler.store.selection import Selection
from crawler.store.tombstones import Tombstones
from tests.articles import (
    BEGIN,
    ENERGY,
    HOUR,
    NIO,
    PING_AN,
    SEEN,
    id_of,
    put,
    put_many,
    said,
    url_of,
)
from tests.large_site import LargeSite
from tests.servers import mongods, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERYTHING = Selection()


def ids(text: str) -> list[str]:
    return [json.loads(line)["id"] for line in text.splitlines()]


@pytest.fixture
def filled(store: Store) -> Store:
    # Addresses tell a category in lower case.
    lower = Link(url_of(3, "wind(a)"), "post", id_of(3), "wind(a)")
    Ledger(store, "fixture").discover([lower])
    put(
        store,
        said(1, securities=[PING_AN], boards=[ENERGY]),
        said(
            2,
            category="emnews",
            category_name="东财滚动",
            source="界面新闻",
            tags=["东财滚动新闻"],
            text="贵州茅台上涨",
        ),
        said(
            3,
            category="Wind(A)",
            category_name="Wind (A)",
            securities=[NIO, PING_AN],
            time=BEGIN + timedelta(days=1),
        ),
        said(4, observed_at=SEEN + HOUR),
    )
    return store


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ([], [1, 2, 4, 3]),
        (["--category", "beifangwang"], [1, 4]),
        (["--category", "WIND(A)"], [3]),
        (["--category", "北方网"], [1, 4]),
        (["--symbol", "601318.sh"], [1, 3]),
        (["--symbol", "６０１３１８.ＳＨ"], [1, 3]),
        (["--symbol", "2142.HK"], []),
        (["--symbol", "NIO.US", "--category", "Wind(A)"], [3]),
        (["--board", "BK0493"], [1]),
        (["--source", "界面新闻"], [2]),
        (["--tag", "东财滚动新闻"], [2]),
        (["--since", "2022-01-01"], [3]),
        (["--until", "2021-12-31"], [1, 2, 4]),
        (["--since", "2021-12-31T08:02", "--until", "2021-12-31T08:02"], [2]),
        (["--updated-since", "2022-01-01T09:00:00+08:00"], [4]),
        (["--search", "贵州 上涨"], [2]),
        (["--search", "茅台上"], [2]),
        (["--search", "贵州 下跌"], []),
        (["--as-of", "2022-01-01T08:30"], [1, 2, 3]),
        (["--as-of", "2022-01-01T08:30", "--category", "beifangwang"], [1]),
        (["--as-of", "2022-01-01T07:59"], []),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_what_is_selected(finews: Any, filled: Store, words: list[str], numbers: list[int]) -> None:
    done = finews("export", *words)
    found = [id_of(number) for number in numbers]
    assert sorted(ids(done.out)) == sorted(found) if "--as-of" in words else ids(done.out) == found
    assert done.last == f"finews: {len(numbers)} articles exported"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--source", "界面新闻网"], "none has the source 界面新闻网, but 界面新闻"),
        (["--tag", "无"], "none has the tag 无"),
        (["--search", "无"], None),
    ],
    ids=str,
)
def test_why_there_is_nothing(
    finews: Any, filled: Store, words: list[str], why: str | None
) -> None:
    done = finews("export", *words)
    assert done.last == "finews: 0 articles exported" + (f": {why}" if why else "")


def test_an_empty_store_is_named(finews: Any, store: Store, database: str) -> None:
    last = finews("export").last
    assert last.startswith("finews: 0 articles exported: the store at ")
    assert last.endswith(f" has none in {database}")


def test_feeds_of_different_articles_are_different_feeds(
    finews: Any, filled: Store, tmp_path: Path
) -> None:
    finews("export", "--split", "category", "--format", "atom", "-o", "out")
    finews("export", "--category", "emnews", "-o", "out/x.atom")
    finews("export", "-o", "out/all.atom")
    feeds = [feedparser.parse(file.read_bytes()).feed for file in (tmp_path / "out").iterdir()]
    assert len({feed.id for feed in feeds}) == len({feed.title for feed in feeds}) == 5


def test_excel_keeps_ids_that_are_numbers(finews: Any, store: Store) -> None:
    put(store, said(1, id="202112052203310418"))
    assert "\n'202112052203310418," in finews("export", "--format", "csv", "--bom").out
    assert "\n202112052203310418," in finews("export", "--format", "csv").out


def given(settings: dict[str, str]) -> list[str]:
    return [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]


def test_a_crawl_writes_the_same_lines(finews: Any, sample: Any, at: Any, tmp_path: Path) -> None:
    names = ("x.jsonl", "x.jsonl.gz", "x.csv", "x.parquet")
    outputs = [word for name in names for word in ("-O", name)]
    # All in one batch, so that what is a reprint of what is known.
    one_batch = {"STORE_BATCH_SECONDS": "60", "STORE_BATCH_SIZE": "52"}
    finews("crawl", "finews", *outputs, *given(one_batch), code=1, **at(sample))
    lines = finews("export", "--include-duplicates").out.splitlines()
    assert len(lines) == 52
    written = (tmp_path / "x.jsonl").read_text("utf-8").splitlines()
    assert sorted(written) == sorted(lines)
    assert gzip.decompress((tmp_path / "x.jsonl.gz").read_bytes()).decode().splitlines() == written
    finews("export", "--include-duplicates", "-o", "y.csv")
    rows = [(tmp_path / name).read_text("utf-8").splitlines(True) for name in ("x.csv", "y.csv")]
    assert rows[0][0] == rows[1][0]
    assert sorted("".join(rows[0])) == sorted("".join(rows[1]))
    assert (tmp_path / "x.parquet").read_bytes().endswith(b"PAR1")


def test_a_crawl_that_is_killed_leaves_the_old_file(
    finews: Any, at: Any, held_site: Any, store: Store, tmp_path: Path
) -> None:
    first = "/beifangwang/2021/12/31/2021123102.html"
    held_site.routes[first] = held_site.routes[held_site.path].body
    link = f'<li><a href="{first}">y</a></li></ul>'
    held_site.routes["/"] = held_site.routes["/"].replace("</ul>", link)
    target = tmp_path / "x.jsonl"
    target.write_text("old")
    process = finews.start("crawl", "finews", "-O", "x.jsonl", **at(held_site))
    wait_until(lambda: store.collection("articles").count_documents({}) == 1)
    wait_until(lambda: list(tmp_path.glob(".x*")) != [])
    process.kill()
    process.communicate()
    assert target.read_text() == "old"


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv.gz"])
def test_kill_9_leaves_the_old_file(finews: Any, store: Store, tmp_path: Path, name: str) -> None:
    store.collection("articles").insert_many(documents(4000))
    target = tmp_path / name
    target.write_text("old")
    process = finews.start("export", "-o", name)
    wait_until(lambda: any(file.stat().st_size for file in tmp_path.glob(".out*")))
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    assert finews("export", "-o", name).last == "finews: 4000 articles exported"


def test_formats_by_name_and_by_option(finews: Any, filled: Store, tmp_path: Path) -> None:
    for name in ("a.json", "a.atom", "a.csv", "a.parquet", "a.jsonl.zst"):
        assert finews("export", "-o", name).last == "finews: 4 articles exported"
        assert (tmp_path / name).stat().st_size
    assert finews("export", "--format", "csv", "--bom").out.startswith("\ufeffid,url")
    assert finews("export", "--format", "jsonfeed").out.startswith('{"version":"https://jsonfeed')


@pytest.mark.parametrize("by", ["category", "day", "symbol"])
def test_one_file_each(finews: Any, filled: Store, tmp_path: Path, by: str) -> None:
    put(filled, said(5, category="../../etc"))
    expected = {
        "category": {"beifangwang": 2, "emnews": 1, "Wind(A)": 1, "%2E.%2F..%2Fetc": 1},
        "day": {"2021-12-31": 4, "2022-01-01": 1},
        "symbol": {"601318.SH": 2, "NIO.US": 1, "_none": 3},
    }[by]
    done = finews("export", "--split", by, "-o", "out/feeds/")
    files = {file.name: file for file in (tmp_path / "out/feeds").iterdir()}
    assert {name: len(f.read_text("utf-8").splitlines()) for name, f in files.items()} == {
        f"{name}.jsonl": number for name, number in expected.items()
    }
    number = sum(expected.values())
    assert done.last == f"finews: {number} articles exported into {len(expected)} files"
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
    finews("export", "--split", by, "-o", f"out/x-%({by})s.csv.gz")
    assert {f.name for f in (tmp_path / "out").glob("*.gz")} == {f"x-{n}.csv.gz" for n in expected}


def test_split_of_what_was_known_at_a_time(finews: Any, filled: Store, tmp_path: Path) -> None:
    words = ("--split", "category", "-o", "out", "--as-of", "2022-01-01T08:30")
    assert finews("export", *words).last == "finews: 3 articles exported into 3 files"


def test_a_cursor_gives_each_change_once(finews: Any, filled: Store, tmp_path: Path) -> None:
    def export(*words: str, code: int = 0) -> Any:
        return finews("export", "--cursor", "one", *words, code=code)

    assert ids(export().out) == ids(finews("export").out)
    assert export().out == ""
    put(filled, said(1, title="改", observed_at=SEEN + HOUR), said(9), said(2, category="emnews"))
    assert ids(export().out) == [id_of(1), id_of(2), id_of(9)]
    # A look that tells nothing new is no change.
    put(filled, said(9, observed_at=SEEN + HOUR))
    assert export().out == ""
    assert export("-o", "/nowhere/x", code=2).out == ""
    put(filled, said(10))
    assert "cannot write" in export("-o", "none/x.jsonl", code=2).last
    assert ids(export().out) == [id_of(10)]
    # Another name begins at the first change.
    assert len(ids(finews("export", "--cursor", "two").out)) == 6


def test_a_changed_duplicate_of_is_a_change(finews: Any, filled: Store) -> None:
    finews("export", "--cursor", "one")
    change = {"$set": {"duplicate_of": id_of(1), "seq": 5}}
    filled.collection("articles").update_one({"_id": id_of(4)}, change)
    filled.collection("counters").update_one({}, {"$set": {"seq": 5}})
    [line] = finews("export", "--cursor", "one").out.splitlines()
    assert (json.loads(line)["id"], json.loads(line)["duplicate_of"]) == (id_of(4), id_of(1))
    assert id_of(4) not in ids(finews("export").out)
    assert id_of(4) in ids(finews("export", "--include-duplicates").out)


def test_a_cursor_keeps_its_selection(finews: Any, filled: Store) -> None:
    words = ("export", "--cursor", "one", "--category", "emnews", "--search", "贵州 上涨")
    assert ids(finews(*words).out) == [id_of(2)]
    done = finews("export", "--cursor", "one", code=2)
    assert "cursor one is of another selection: --category emnews --search '上涨 贵州'" in done.last
    assert "finews cursors reset one" in done.last
    assert finews(*words).out == ""


def test_cursors_are_listed_and_reset(finews: Any, filled: Store) -> None:
    finews("export", "--cursor", "one", "--symbol", "NIO.US", "--tombstones")
    listed = finews("cursors", "list")
    assert listed.last == "finews: 1 cursors"
    assert listed.out.split()[0] == "one"
    assert "--symbol NIO.US --tombstones" in listed.out
    told = json.loads(finews("cursors", "list", "--json").out)
    assert (told["name"], told["seq"], told["exported"]) == ("one", 4, 1)
    assert told["selection"] == {"symbol": "NIO.US", "tombstones": True}
    finews("cursors", "reset", "one")
    assert finews("cursors", "list").out == ""
    assert len(ids(finews("export", "--cursor", "one").out)) == 4
    done = finews("cursors", "reset", "two", code=1)
    assert done.last == "finews: no cursor two; finews cursors list names them"


def test_tombstones_tell_of_gone_and_forgotten(finews: Any, filled: Store) -> None:
    ledger = Ledger(filled, "one")
    links = [Link(url_of(n), "post", id_of(n), "beifangwang") for n in (1, 3, 4)]
    ledger.discover(links)
    words = ("export", "--cursor", "one", "--tombstones")
    assert finews(*words).last.startswith("finews: 4 lines exported")
    for url, state in ((url_of(1), "gone"), (url_of(4), "expired")):
        ledger.settle([url], state, "HTTP 404")  # type: ignore[arg-type]
    Tombstones(filled).forget(id_of(3))
    lines = [json.loads(line) for line in finews(*words).out.splitlines()]
    assert [line["id"] for line in lines] == [id_of(1), id_of(3)]
    assert all(set(line) == {"id", "withdrawn_at"} for line in lines)
    assert lines[0]["withdrawn_at"].endswith("Z")
    assert finews(*words).out == ""
    full = finews("export", "--tombstones").out
    assert ids(full) == [id_of(1), id_of(2), id_of(4), id_of(1), id_of(3)]


KILLED = """
import os, signal, sys
from crawler.exports.files import WholeFile
from crawler.commands.cli import main
publish = WholeFile.publish
def killed(self):
    {before}
    publish(self)
    os.kill(os.getpid(), signal.SIGKILL)
WholeFile.publish = killed
main(["finews", *sys.argv[1:]])
"""


@pytest.mark.parametrize("before", ["os.kill(os.getpid(), signal.SIGKILL)", "pass"])
def test_killed_around_the_rename_each_change_is_in_one_file(
    finews: Any, filled: Store, tmp_path: Path, before: str
) -> None:
    words = ["export", "--cursor", "one", "-o"]
    script = KILLED.format(before=before)
    done = subprocess.run(
        [sys.executable, "-c", script, *words, "a.jsonl"],
        env=finews.environment,
        cwd=tmp_path,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    put(filled, said(5))
    finews(*words, "b.jsonl")
    written = "".join(file.read_text("utf-8") for file in sorted(tmp_path.glob("*.jsonl")))
    assert sorted(ids(written)) == sorted(map(id_of, range(1, 6)))
    assert (tmp_path / "a.jsonl").exists() == (before == "pass")
    assert list(tmp_path.glob(".*")) == []


def test_a_file_that_vanished_before_it_was_in_place_is_exported_again(
    finews: Any, filled: Store, tmp_path: Path
) -> None:
    words = ["export", "--cursor", "one", "-o", "a.jsonl"]
    script = KILLED.format(before="os.kill(os.getpid(), signal.SIGKILL)")
    killed = [sys.executable, "-c", script, *words]
    subprocess.run(killed, env=finews.environment, cwd=tmp_path, capture_output=True)
    [waiting] = tmp_path.glob(".a*")
    waiting.unlink()
    assert "4 articles exported" in finews(*words).last


def test_two_exports_by_one_cursor_at_once_are_one_after_the_other(
    finews: Any, filled: Store, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    first = finews.start("export", "--cursor", "one", "-o", "pipe")
    wait_until(lambda: filled.collection("cursors").count_documents({"holder.pid": first.pid}) > 0)
    done = finews("export", "--cursor", "one", code=1)
    assert f"cursor one is held by the export of process {first.pid} on " in done.last
    assert "held" in finews("cursors", "reset", "one", code=1).last
    first.kill()
    first.communicate()
    # One whose process is dead holds nothing.
    assert len(ids(finews("export", "--cursor", "one").out)) == 4


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments_each_change_is_in_one_file(
    finews: Any, store: Store, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    rounds = int(os.environ.get("TORTURE_ROUNDS", "4"))
    stop = threading.Event()
    changes = 0

    def write() -> None:
        nonlocal changes
        while not stop.is_set():
            put_many(store, [said(n) for n in range(changes, changes + 20)])
            changes += 20
            stop.wait(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(rounds):
            process = finews.start("export", "--cursor", "one", "-o", f"{number}.jsonl")
            try:
                process.wait(chance.uniform(0.5, 1.6))
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
    finally:
        stop.set()
        writer.join()
    finews("export", "--cursor", "one", "-o", "last.jsonl")
    written = "".join(file.read_text("utf-8") for file in tmp_path.glob("*.jsonl"))
    assert Counter(ids(written)) == Counter(map(id_of, range(changes)))


def test_a_crawl_and_a_cursor_export_every_200_ms(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    """Each article is in exactly one export for each of its changes."""
    number = int(os.environ.get("TORTURE_ARTICLES", "2000"))
    site = LargeSite(tmp_path / "site", number)
    exports = tmp_path / "exports"
    exports.mkdir()
    places = Destinations(Settings())

    def export(name: int) -> None:
        order = Order(str(exports / f"{name:06}.jsonl"), form_of("x.jsonl"), EVERYTHING)
        Export(store, order, places).by_cursor("one")

    def crawl_and_export(first: int, *words: str) -> list[Counter[str]]:
        """How often each article is in each export, while a crawl runs."""
        with serve(site.folder) as served:
            at = {"FINEWS_BASE_URL": served.url, "NEWSSHARE_BASE_URL": served.url}
            given = ("-s", "FOLLOW_SHARE_LINKS=False", "-L", "WARNING")
            process = finews.start("crawl", "finews", *given, *words, **at)
            name = first
            while process.poll() is None:
                export(name)
                name += 1
                with_pause.wait(0.2)
            process.communicate()
            export(name)
        files = sorted(exports.glob("*.jsonl"))[first:]
        return [Counter(ids(file.read_text("utf-8"))) for file in files]

    with_pause = threading.Event()
    told = crawl_and_export(0)
    assert len([one for one in told if one]) > 3
    assert sum(told, Counter()) == Counter(site.ids)
    changed = site.numbers[:: number // 200]
    for one in changed:
        site.write(one, "新标题")
    told = crawl_and_export(len(told), "-a", "full=1")
    assert sum(told, Counter()) == Counter(site.ids[:: number // 200])


def lines_of(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    while line := process.stdout.readline():
        yield json.loads(line)["id"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_follow_writes_what_changes_until_it_is_stopped(
    finews: Any, filled: Store, number: signal.Signals
) -> None:
    process = finews.start("export", "--follow", "--category", "beifangwang")
    assert process.stderr is not None
    assert "following" in process.stderr.readline()
    lines = lines_of(process)
    put(filled, said(7), said(8, category="emnews"), said(9))
    assert [next(lines), next(lines)] == [id_of(7), id_of(9)]
    put(filled, said(7, title="改", observed_at=SEEN + HOUR))
    assert next(lines) == id_of(7)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert err.splitlines()[-1] == "finews: stopped: 3 articles exported"


def test_follow_goes_on_by_its_cursor(finews: Any, filled: Store, tmp_path: Path) -> None:
    for more in ((), (said(6), said(7)), (said(8),)):
        put(filled, *more)
        process = finews.start("export", "--follow", "--cursor", "one", "-o", "x.jsonl")
        total = filled.collection("articles").count_documents({})
        wait_until(lambda total=total: position(filled) == total)  # type: ignore[misc]
        process.kill()
        process.communicate()
    written = (tmp_path / "x.jsonl").read_text("utf-8")
    assert sorted(ids(written)) == sorted(map(id_of, (1, 2, 3, 4, 6, 7, 8)))


FOLLOWER = """
import os, signal, sys
from crawler.commands.cli import main
from crawler.exports.cursor import CursorExport
CursorExport.move = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main(["finews", *sys.argv[1:]])
"""


def test_follow_killed_between_file_and_cursor_writes_nothing_twice(
    finews: Any, filled: Store, tmp_path: Path
) -> None:
    (tmp_path / "x.jsonl").write_text('{"id":"before"}\n{"id":"torn')
    words = ["export", "--follow", "--cursor", "one", "-o", "x.jsonl"]
    killed = [sys.executable, "-c", FOLLOWER, *words]
    done = subprocess.run(killed, env=finews.environment, cwd=tmp_path, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    put(filled, said(5))
    process = finews.start(*words)
    wait_until(lambda: position(filled) == 5)
    process.terminate()
    process.communicate()
    found = ids((tmp_path / "x.jsonl").read_text("utf-8"))
    assert found[0] == "before"
    assert sorted(found[1:]) == sorted(map(id_of, range(1, 6)))


def test_follow_writes_nothing_twice_while_its_cursor_cannot_move(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, said(1), said(2))
    store._patience.seconds = 0.01
    tries = []

    def move(cursor: CursorExport, seq: int, number: int) -> None:
        tries.append((seq, number))
        if len(tries) < 4:
            raise AutoReconnect
        cursor.seq = seq

    monkeypatch.setattr(CursorExport, "move", move)
    order = Order(str(tmp_path / "x.jsonl"), form_of("x.jsonl"), EVERYTHING)
    export = Export(store, order, Destinations(Settings()))
    export.follow("one", lambda: len(tries) >= 4)
    assert tries[-1] == (2, 2)
    assert ids((tmp_path / "x.jsonl").read_text("utf-8")) == [id_of(1), id_of(2)]


def test_a_store_that_was_restored_is_followed_no_more(store: Store) -> None:
    put(store, said(1))
    follower = Follower(store, lambda reader, after: reader.records(EVERYTHING, after))
    with follower, pytest.raises(StoreError, match="was restored or made anew"):
        follower.step(7, lambda records: None)


def test_names_of_a_split_stay_inside_whatever_the_form_of_the_folder(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    put(store, said(1, category="../../etc"))
    place = tmp_path / "a" / "b" / "c.gz"
    finews("export", "--split", "category", "-o", f"file://{place}/%(category)s.jsonl")
    finews("export", "--split", "category", "-o", str(place))
    [file] = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert file == place / "%2E.%2F..%2Fetc.jsonl"
    assert len(ids(file.read_text("utf-8"))) == 1


def test_a_pipe_whose_reader_leaves_is_told_of(finews: Any, store: Store, tmp_path: Path) -> None:
    store.collection("articles").insert_many(documents(500))
    os.mkfifo(tmp_path / "pipe")
    process = finews.start("export", "-o", "pipe")
    with (tmp_path / "pipe").open("rb") as reader:
        reader.read(10)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "cannot write pipe: Broken pipe" in err.splitlines()[-1]


def test_closed_streams_are_told_of(finews: Any, store: Store, tmp_path: Path) -> None:
    for words, message in (
        ("export >&-", "standard output is closed; say -o FILE"),
        ("import - <&-", "standard input is closed"),
    ):
        done = subprocess.run(
            ["/bin/sh", "-c", f"{finews.program[0]} {words}"],
            env=finews.environment,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 2
        assert message in done.stderr.splitlines()[-1]


def test_what_others_wrote_is_shown_and_not_obeyed(finews: Any, store: Store) -> None:
    put(store, said(1, category="be\x1b[31mfangwang"))
    done = finews("export", "--category", "befangwang", code=2)
    assert "Did you mean be\ufffd[31mfangwang?" in done.last


def test_the_folder_for_the_web_by_command(finews: Any, filled: Store, tmp_path: Path) -> None:
    words = ("export", "--site", "public", "--base-url", "https://feeds.example.com/x")
    done = finews(*words)
    # All, three categories, two symbols: three files each, and the index.
    assert done.last == "finews: 19 files written, 0 removed, 0 left as they are"
    assert "https://feeds.example.com/x/all/feed.atom" in (
        (tmp_path / "public/all/feed.atom").read_text("utf-8")
    )
    assert finews(*words).last == "finews: 0 files written, 0 removed, 19 left as they are"
    (tmp_path / "other" / "all").mkdir(parents=True)
    done = finews("export", "--site", "other", code=2)
    assert "other/all is not finews's own: remove it, or name another folder" in done.last


def position(store: Store) -> int:
    cursor = store.collection("cursors").find_one({"_id": "one"})
    return int(cursor["seq"]) if cursor else 0


def test_follow_outlives_the_server_without_a_gap(finews: Any, tmp_path: Path) -> None:
    finews.environment["DATA_DIR"] = str(tmp_path / "data")
    with Store.open(None, finews.environment["MONGODB_DATABASE"], tmp_path / "data") as store:
        process = finews.start("export", "--follow")
        assert process.stderr is not None
        process.stderr.readline()
        lines = lines_of(process)
        put(store, said(0))
        assert next(lines) == id_of(0)
        for number in range(1, 4):
            [server] = mongods(tmp_path / "data")
            os.kill(server, signal.SIGKILL)
            store.patiently(put_many, store, [said(n) for n in range(10 * number, 10 * number + 3)])
            found = {next(lines) for _ in range(3)}
            assert found == {id_of(n) for n in range(10 * number, 10 * number + 3)}
        process.terminate()
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
        assert err.splitlines()[-1] == "finews: stopped: 10 articles exported"


def test_a_terminal_shows_how_far_it_is(finews: Any, filled: Store, tmp_path: Path) -> None:
    terminal, end = os.openpty()
    process = subprocess.Popen(
        [*finews.program, "export", "-o", "x.jsonl"],
        env={**finews.environment, "TERM": "xterm", "COLUMNS": "100"},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stderr=end,
    )
    os.close(end)
    shown = b""
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:
        # The other end is closed.
        pass
    assert process.wait() == 0
    os.close(terminal)
    assert b"exporting" in shown
    assert b"4/4" in shown
