"""Memory of a crawl over time, by the number of posts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bench.arena import arena
from bench.report import Table

SIZES = tuple(map(int, os.environ.get("BENCH_SIZES", "5000,20000,100000").split(",")))
QUARTERS = (0.25, 0.5, 0.75)


def tables() -> list[Table]:
    """A row for each size of site. Raises WrongError when a run stores anything but the site."""
    table = Table(
        "memory",
        "Megabytes of a crawl's process over time; the peak of 100,000 posts / 5,000: at most 1.3",
        ["posts", "seconds", "at a quarter", "at half", "at three quarters", "peak", "/ first"],
    )
    first = 0.0
    for posts in SIZES:
        with tempfile.TemporaryDirectory() as folder, arena(Path(folder), posts) as field:
            took = field.ours(FOLLOW_SHARE_LINKS=False)
        first = first or took.peak
        then = [took.over_time[int(part * len(took.over_time))][1] for part in QUARTERS]
        table.add(posts, took.seconds, *map(round, then), round(took.peak), took.peak / first)
    return [table]


if __name__ == "__main__":
    for one in tables():
        print(f"\n{one}")
