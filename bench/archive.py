"""Reading what was kept: post sources, and captures of a crawl, by one process and by two."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bench.arena import arena
from bench.processes import Took, in_turns, ratio
from bench.report import Table

POSTS = int(os.environ.get("BENCH_ARCHIVE", "10000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))


def tables() -> list[Table]:
    """Articles a second, and how much of another process is a gain. Raises WrongError."""
    with (
        tempfile.TemporaryDirectory() as name,
        arena(Path(name), POSTS, with_sources=True) as field,
    ):
        captures, sources = Path(name) / "captures", field.site.folder / "source"
        field.ours("crawl", "finews", FOLLOW_SHARE_LINKS=False, CAPTURE_DIR=captures)
        places = {"post sources": f"path={sources}", "captures (WARC)": f"warc={captures}"}

        def read(place: str, workers: int) -> Took:
            return field.ours("crawl", "archive", "-a", place, "--workers", str(workers))

        figures, runs = in_turns(
            {
                f"{what}, {workers}": lambda place=place, workers=workers: read(place, workers)  # type: ignore[misc]
                for what, place in places.items()
                for workers in (1, 2)
            },
            ROUNDS,
        )
    table = Table(
        "archive",
        f"Reading {POSTS:,} articles, medians of {ROUNDS} rounds; at least 800 a CPU second, "
        "aim 2,000",
        ["from, processes", "articles a second", "articles a CPU second", "gain", "peak MB"],
    )
    for name, one in figures.items():
        first = runs[f"{name.rpartition(',')[0]}, 1"]
        gain = ratio(first, runs[name], "seconds")
        table.add(name, POSTS / one.seconds, POSTS / one.cpu, gain, round(one.peak))
    return [table]


if __name__ == "__main__":
    for one in tables():
        print(f"\n{one}")
