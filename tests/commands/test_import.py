"""finews import: an export taken back in gives the same export."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from crawler.addresses import Link
from crawler.sample_site import server
from crawler.store.links import Ledger
from crawler.store.rejects import Rejects
from crawler.store.tombstones import Tombstones
from tests.articles import HOUR, SEEN, id_of, put, put_many, said, url_of
from tests.servers import wait_until

if TYPE_CHECKING:
    from crawler.store.connection import Store

SOURCES = Path(server.__file__).parent / "source" / "_posts"


@pytest.fixture
def other(database: str, store: Store) -> Any:
    """The name of another database, which is dropped at the end."""
    name = f"{database}_b"
    yield name
    store.client.drop_database(name)


def test_a_round_trip_gives_the_same_export(
    finews: Any, sample: Any, at: Any, tmp_path: Path, other: str
) -> None:
    """Articles of page, feed, share answer and several post sources, some of them revised."""
    finews("crawl", "finews", code=1, **at(sample))
    shutil.copytree(SOURCES, tmp_path / "_posts")
    finews("crawl", "archive", "-a", "path=_posts", "-a", "observed=2021-12-31")
    post = next((tmp_path / "_posts").glob("*NW202112312233001257.md"))
    post.write_text(post.read_text("utf-8").replace("title: ", "title: 更正"), "utf-8")
    finews("crawl", "archive", "-a", "path=_posts", "-a", "observed=2022-01-02")
    lines = finews("export", "--include-duplicates").out
    told = [json.loads(line) for line in lines.splitlines()]
    assert {kind.partition(":")[0] for one in told for kind in one["provenance"]} == {
        *("page", "feed", "share", "front_matter"),
    }
    assert max(one["revision"] for one in told) == 2
    for name in ("a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.parquet"):
        finews("export", "--include-duplicates", "-o", name)
        done = finews("import", name, MONGODB_DATABASE=other)
        assert f"{len(told)} new" in done.last or f"{len(told)} unchanged" in done.last
        assert finews("export", "--include-duplicates", MONGODB_DATABASE=other).out == lines
    # Its own export tells a store nothing.
    assert f"0 new, 0 changed, {len(told)} unchanged" in finews("import", "a.jsonl").last
    assert finews("export", "--include-duplicates").out == lines


def test_a_crawl_after_an_import_asks_for_nothing_that_was_told(
    finews: Any, sample: Any, at: Any, other: str, tmp_path: Path
) -> None:
    finews("crawl", "finews", code=1, **at(sample))
    finews("export", "--include-duplicates", "-o", "a.jsonl")
    finews("import", "a.jsonl", MONGODB_DATABASE=other)
    before = finews("export", "--include-duplicates", MONGODB_DATABASE=other).out
    done = finews("crawl", "finews", "-L", "DEBUG", MONGODB_DATABASE=other, **at(sample))
    assert "articles: 0 new, 0 changed" in done.err
    assert "/NewsData/" not in done.err
    # One post of each category tells its slug; the other forty are not asked for.
    asked = re.findall(r"Crawled \(200\) <GET \S+/(?:NW)?\d+\.html>", done.err)
    assert len(asked) == 11
    assert finews("export", "--include-duplicates", MONGODB_DATABASE=other).out == before


def test_what_an_import_tells_of_other_times_joins(finews: Any, store: Store, other: str) -> None:
    put(store, said(1), said(2), said(2, title="改", observed_at=SEEN + HOUR))
    finews("export", "--include-duplicates", "-o", "a.jsonl")
    finews("import", "a.jsonl", MONGODB_DATABASE=other)
    later = SEEN + 2 * HOUR
    put(
        store,
        said(1, title="改", observed_at=later),
        said(2, title="又", observed_at=later),
        said(3),
    )
    finews("export", "--include-duplicates", "-o", "b.jsonl")
    done = finews("import", "b.jsonl", MONGODB_DATABASE=other)
    assert "1 new, 2 changed, 0 unchanged" in done.last
    assert (
        finews("export", "--include-duplicates", MONGODB_DATABASE=other).out == finews("export").out
    )


def test_bad_lines_are_kept_with_their_reason_and_stop_no_other(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    put_many(store, map(said, range(8)))
    lines = finews("export", "--include-duplicates").out.splitlines()
    store.client.drop_database(store.database.name)
    told = [json.loads(line) for line in lines]
    bad = [
        lines[0][:50],
        "[]",
        json.dumps({**told[1], "title": 5}),
        json.dumps({**told[2], "content_html": "<p>a</p><script>b</script>"}),
        json.dumps({**told[3], "url": "javascript:alert(1)"}),
        json.dumps({**told[4], "schema": 99}),
        json.dumps({**told[5], "provenance": {"rumour": told[5]["provenance"]["page"]}}),
        json.dumps({**told[6], "more": 1}),
    ]
    mixed = [*bad, lines[7], '{"id":"x","withdrawn_at":"2022-01-01T00:00:00.000Z"}', ""]
    (tmp_path / "a.jsonl").write_text("\n".join(mixed), "utf-8")
    done = finews("import", "a.jsonl", code=1)
    assert "1 new, 0 changed, 0 unchanged, 0 forgotten, 8 rejected" in done.last
    assert "1 lines of withdrawn articles passed over" in done.last
    assert "finews rejects list shows them" in done.last
    kept = {one.url: one.reason for one in Rejects(store).select()}
    assert [kept[f"{tmp_path}/a.jsonl, line {n}"].split(":")[0] for n in range(1, 9)] == [
        "not JSON",
        "the line",
        "title",
        "content_html",
        "javascript",
        "of schema 99, and this finews knows 1",
        "provenance names rumour, which is no source",
        "the line",
    ]
    assert "read its file again: finews import FILE" in finews("rejects", "retry", code=1).last
    # Mended and read again, they are rejects no more.
    (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")
    assert "7 new, 0 changed, 1 unchanged" in finews("import", "a.jsonl").last
    assert Rejects(store).count() == 0


def test_what_was_forgotten_does_not_come_back(finews: Any, store: Store) -> None:
    put(store, said(1), said(2))
    finews("export", "--include-duplicates", "-o", "a.jsonl")
    Tombstones(store).forget(id_of(1))
    assert "0 new, 0 changed, 1 unchanged, 1 forgotten" in finews("import", "a.jsonl").last
    assert len(finews("export", "--include-duplicates").out.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "spoil", "message"),
    [
        ("a.jsonl.gz", lambda data: data[:-40], "it is damaged at line"),
        ("a.jsonl.zst", lambda data: data[:40] + b"x" + data[41:], "it is damaged at line"),
        (
            "a.jsonl",
            lambda data: b"plain\n" * 30,
            "its first 20 lines are no JSON: is it an export?",
        ),
        ("a.parquet", lambda data: data[:-40], "it is no Parquet table that can be read"),
        ("a.jsonl", lambda data: b"", "nothing is in the file"),
    ],
)
def test_a_damaged_file_is_told_of(
    finews: Any, store: Store, tmp_path: Path, name: str, spoil: Any, message: str
) -> None:
    put_many(store, map(said, range(50)))
    finews("export", "--include-duplicates", "-o", name)
    file = tmp_path / name
    file.write_bytes(spoil(file.read_bytes()))
    assert message in finews("import", name, code=1).last


def test_what_came_before_the_damage_is_taken(finews: Any, store: Store, tmp_path: Path) -> None:
    put_many(store, map(said, range(60)))
    lines = finews("export", "--include-duplicates").out.encode()
    store.client.drop_database(store.database.name)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines)[:-200])
    finews("import", "a.jsonl.gz", code=1)
    assert store.collection("articles").count_documents({}) > 30


def test_standard_input_is_read(finews: Any, store: Store, tmp_path: Path) -> None:
    put(store, said(1))
    lines = finews("export", "--include-duplicates").out
    store.client.drop_database(store.database.name)
    (tmp_path / "a.jsonl").write_text(lines, "utf-8")
    with (tmp_path / "a.jsonl").open("rb") as file:
        subprocess.run(
            [*finews.program, "import", "-"], env=finews.environment, stdin=file, check=True
        )
    assert finews("export", "--include-duplicates").out == lines


def test_stopped_and_run_again_it_is_whole(finews: Any, store: Store, tmp_path: Path) -> None:
    put_many(store, map(said, range(3000)))
    finews("export", "--include-duplicates", "-o", "a.jsonl")
    lines = (tmp_path / "a.jsonl").read_bytes()
    store.client.drop_database(store.database.name)
    process = finews.start("import", "a.jsonl")
    wait_until(lambda: store.collection("articles").count_documents({}) > 0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finews("import", "a.jsonl")
    finews("export", "--include-duplicates", "-o", "b.jsonl")
    assert (tmp_path / "b.jsonl").read_bytes() == lines


def test_a_zstd_stream_without_its_end_is_damaged(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    put_many(store, map(said, range(60)))
    lines = finews("export", "--include-duplicates").out.encode()
    writer = zstandard.ZstdCompressor().compressobj()
    begun = writer.compress(lines) + writer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    (tmp_path / "a.jsonl.zst").write_bytes(begun)
    assert "damaged at line 61: the end is missing" in finews("import", "a.jsonl.zst", code=1).last
    frames = b"".join(map(zstandard.ZstdCompressor().compress, lines.splitlines(keepends=True)))
    # A name need not tell what is in a file, and frames may follow one another.
    (tmp_path / "b").write_bytes(frames)
    assert "60 unchanged" in finews("import", "b").last


def test_what_was_withdrawn_stays_so(finews: Any, store: Store) -> None:
    ledger = Ledger(store, "one")
    ledger.discover([Link(url_of(1), "post", id_of(1), "beifangwang")])
    put(store, said(1))
    ledger.settle([url_of(1)], "gone", "HTTP 404")
    finews("export", "--include-duplicates", "--tombstones", "-o", "a.jsonl")
    before = finews("export", "--include-duplicates", "--tombstones").out
    assert len(before.splitlines()) == 2
    assert "1 unchanged" in finews("import", "a.jsonl").last
    assert finews("export", "--include-duplicates", "--tombstones").out == before


def test_a_pipe_with_a_name_is_read(finews: Any, store: Store, tmp_path: Path) -> None:
    put(store, said(1))
    lines = finews("export", "--include-duplicates").out
    os.mkfifo(tmp_path / "pipe")
    process = finews.start("import", "pipe")
    (tmp_path / "pipe").write_text(lines, "utf-8")
    _, err = process.communicate(timeout=60)
    assert "1 unchanged" in err.splitlines()[-1]


def test_rejects_of_another_file_of_the_same_name_stay(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    put(store, said(1))
    good = finews("export", "--include-duplicates").out
    for folder, text in (("a", "bad\n" + good), ("b", good)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.jsonl").write_text(text, "utf-8")
    finews("import", "a/x.jsonl", code=1)
    finews("import", "b/x.jsonl")
    assert Rejects(store).count() == 1


@pytest.mark.parametrize("revision", [2**40, 2.0, True])
def test_a_number_that_no_export_has_is_refused(
    finews: Any, store: Store, tmp_path: Path, revision: Any
) -> None:
    put(store, said(1))
    told = json.loads(finews("export", "--include-duplicates").out)
    (tmp_path / "a.jsonl").write_text(json.dumps({**told, "revision": revision}), "utf-8")
    assert "1 rejected" in finews("import", "a.jsonl", code=1).last
