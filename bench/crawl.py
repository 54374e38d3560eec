"""Crawls: ours against a Scrapy project as people write it, and against a plain program.

`python -m bench.crawl` prints the tables. Every article of ours is held against its post.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bench.arena import Arena, arena
from bench.processes import Took, in_turns, ratio
from bench.report import Table

POSTS = int(os.environ.get("BENCH_POSTS", "5000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
VANILLA, FLOOR, OURS, TWISTED = "vanilla Scrapy", "floor", "ours", "ours on Twisted's client"
TWO, SHARES = "ours, two workers", "ours with share links"


def contend(field: Arena, rounds: int) -> tuple[dict[str, Took], dict[str, list[Took]]]:
    """The contenders in turns. Raises WrongError when a run stores anything but the site."""
    alone = {"FOLLOW_SHARE_LINKS": False}
    two = ("backfill", "--all", "--workers", "2")
    return in_turns(
        {
            VANILLA: field.vanilla,
            FLOOR: field.floor,
            OURS: lambda: field.ours(**alone),
            TWISTED: lambda: field.ours(HTTP_CLIENT="twisted", **alone),
            TWO: lambda: field.ours(*two, **alone),
            SHARES: field.ours,
        },
        rounds,
    )


def tables() -> list[Table]:
    """What each took, and the ratios that count."""
    with tempfile.TemporaryDirectory() as folder, arena(Path(folder), POSTS) as field:
        figures, runs = contend(field, ROUNDS)
    took = Table(
        "crawl",
        f"A crawl of {POSTS:,} posts, medians of {ROUNDS} rounds",
        ["contender", "seconds", "CPU seconds", "CPU ms a post", "mongod's CPU", "peak MB"],
    )
    for name, one in figures.items():
        cpu = one.cpu / POSTS * 1000
        took.add(name, one.seconds, one.cpu, cpu, one.server_cpu, round(one.peak))
    return [took, _ratios(figures, runs)]


def _ratios(figures: dict[str, Took], runs: dict[str, list[Took]]) -> Table:
    table = Table(
        "crawl ratios",
        "Ratios of one round each, their medians",
        ["ratio", "measured", "at most", "aim"],
    )
    ours, vanilla = runs[OURS], runs[VANILLA]
    table.add("CPU, ours / vanilla", ratio(ours, vanilla, "cpu"), 0.65, 0.45)
    table.add("seconds, ours / vanilla", ratio(ours, vanilla, "seconds"), 0.65, 0.45)
    two = ratio(runs[TWO], vanilla, "seconds")
    table.add("seconds, two workers / vanilla", two, 0.45, 0.3)
    table.add("CPU, ours / floor", ratio(ours, runs[FLOOR], "cpu"), 5.0, 3.0)
    second = ratio(runs[SHARES], ours, "cpu") - 1
    table.add("CPU, an article's second request / its first", second, 0.6, 0.4)
    table.add("peak MB, 5,000 posts", round(figures[OURS].peak), 150, 110)
    return table


if __name__ == "__main__":
    for one in tables():
        print(f"\n{one}")
