"""Scheduled crawls: nothing new, 8 posts, 200 posts; what each asks for and takes."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from bench.arena import DATABASE, arena
from bench.processes import median
from bench.report import Table

POSTS = int(os.environ.get("BENCH_POSTS", "5000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
# An hour later the home page is due as well.
NEW: tuple[tuple[int, dict[str, int]], ...] = (
    (0, {}),
    (0, {"HOME_EVERY_MINUTES": 0}),
    (8, {}),
    (200, {}),
)


def tables() -> list[Table]:
    """A row for each number of new posts. Raises WrongError when one of them is not stored."""
    table = Table(
        "incremental",
        f"A crawl of a site whose {POSTS:,} posts are stored, medians of {ROUNDS} rounds",
        ["new posts", "requests", "seconds", "CPU seconds", "peak MB"],
    )
    with tempfile.TemporaryDirectory() as folder, arena(Path(folder), POSTS) as field:
        field.ours("crawl", "finews")
        runs = field.client[DATABASE]["runs"]
        for number, settings in NEW:
            took, requests = [], []
            for _ in range(ROUNDS):
                if number:
                    field.site.publish(number)
                took.append(field.finews("crawl", "finews", **settings))
                last = runs.find_one(sort=[("started_at", -1)])
                assert last is not None
                requests.append(last["requests"])
            field.check()
            one = median(took)
            asked = int(statistics.median(requests))
            when = ", an hour later" if settings else ""
            table.add(f"{number}{when}", asked, one.seconds, one.cpu, round(one.peak))
    return [table]


if __name__ == "__main__":
    for one in tables():
        print(f"\n{one}")
