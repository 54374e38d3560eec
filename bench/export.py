"""Exporting JSON lines: ours against three loops that people write.

`python -m bench.export` fills a store of its own with 50,000 articles and prints a table;
`python -m bench.export CONTENDER` is one turn of one of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson
from scrapy.exporters import JsonLinesItemExporter

from bench.articles import fill
from bench.processes import Took, in_turns, memory_of
from bench.report import Table
from crawler.exports.formats.registry import DEFAULT, Form
from crawler.store.connection import Store
from crawler.store.documents import INTERNAL
from crawler.store.reader import Reader
from crawler.store.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ARTICLES = int(os.environ.get("BENCH_ARTICLES", "50000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
DATABASE = "bench"


def documents(store: Store) -> Iterator[dict[str, Any]]:
    """The articles as a loop reads them: of the store's own fields none, in no order."""
    return iter(store.collection("articles").find({}, INTERNAL))


def with_json(store: Store, file: BinaryIO) -> int:
    """A loop: pymongo, then json.dumps."""
    number = 0
    for document in documents(store):
        line = json.dumps(document, ensure_ascii=False, default=str)
        file.write(line.encode() + b"\n")
        number += 1
    return number


def with_orjson(store: Store, file: BinaryIO) -> int:
    """A loop: pymongo, then orjson."""
    number = 0
    for document in documents(store):
        file.write(orjson.dumps(document) + b"\n")
        number += 1
    return number


def with_scrapy(store: Store, file: BinaryIO) -> int:
    """Scrapy's own exporter of JSON lines."""
    written: Any = file
    exporter = JsonLinesItemExporter(written, ensure_ascii=False)
    exporter.start_exporting()
    number = 0
    for document in documents(store):
        exporter.export_item(document)
        number += 1
    exporter.finish_exporting()
    return number


def ours(store: Store, file: BinaryIO) -> int:
    """What `finews export` does: contract form, sorted, of one moment."""
    with Reader(store) as reader:
        return Form(DEFAULT).write(reader.records(Selection()), file)


CONTENDERS: dict[str, Callable[[Store, BinaryIO], int]] = {
    "ours": ours,
    "json.dumps": with_json,
    "orjson": with_orjson,
    "scrapy": with_scrapy,
}


def turn(name: str, folder: Path) -> None:
    """One turn: into a file, from the first article read to the last byte written."""
    with Store.open(None, DATABASE, folder) as store, (folder / "out.jsonl").open("wb") as file:
        began, cpu = time.perf_counter(), time.process_time()
        entries = CONTENDERS[name](store, file)
        file.flush()
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    if entries != ARTICLES:
        raise RuntimeError(f"{name} wrote {entries:,} articles of {ARTICLES:,}")
    _, peak = memory_of("self")
    print(json.dumps({"seconds": seconds, "cpu": cpu_seconds, "peak": peak}))


def one_turn(name: str, folder: Path) -> Took:
    """The same in a process of its own."""
    words = [sys.executable, "-m", "bench.export", name, str(folder)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    return Took(**json.loads(done.stdout.splitlines()[-1]))


def tables() -> list[Table]:
    """Fill a store, let the contenders take turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store.open(None, DATABASE, folder) as store:
            fill(store, ARTICLES)
            turns = {one: partial(one_turn, one, folder) for one in CONTENDERS}
            figures, _ = in_turns(turns, ROUNDS)
            size = (folder / "out.jsonl").stat().st_size / ARTICLES
    base = figures["ours"].seconds
    table = Table(
        "export",
        f"{ARTICLES:,} articles, {size:,.0f} bytes a line, medians of {ROUNDS} rounds",
        ["contender", "articles a second", "ours / it", "CPU µs an article", "peak MB"],
    )
    for name, one in figures.items():
        cpu = one.cpu / ARTICLES * 1e6
        table.add(name, ARTICLES / one.seconds, one.seconds / base, cpu, round(one.peak))
    return [table]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        turn(sys.argv[1], Path(sys.argv[2]))
    else:
        for one in tables():
            print(f"\n{one}")
