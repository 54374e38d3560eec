"""A backfill of eight times as many posts takes no more memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from crawler.sample_site.server import serve
from tests.large_site import LargeSite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.torture
PEAK = re.compile(r"'memusage/max': (\d+)")
EVERY_SECOND = ("-s", "MEMUSAGE_CHECK_INTERVAL_SECONDS=1")
# More than what a collector of garbage leaves lying about, and less than any list of all posts.
MOST_GROWTH = 16.0


def test_the_memory_of_a_backfill_does_not_grow_with_its_length(
    finews: Any, at: Any, data_dir: Path, tmp_path: Path, many: int, figure: Callable[[str], None]
) -> None:
    peaks = {}
    for posts in (many // 8, many):
        LargeSite(tmp_path / str(posts), posts)
        with serve(tmp_path / str(posts)) as site:
            variables = {**at(site), "MONGODB_DATABASE": f"memory_{posts}"}
            process = finews.start("backfill", "--all", *EVERY_SECOND, **variables)
            _, err = process.communicate(timeout=1800)
        assert err.splitlines()[-1] == f"finews: done: {posts:,} articles stored, 0 still missing"
        logs = max((data_dir / "logs" / "backfill").iterdir())
        peaks[posts] = peak_of(logs / "posts-1.log")
    few, most = peaks.values()
    figure(
        f"a backfill of {many // 8:,} posts took {few:.1f} MB at most, "
        f"one of {many:,} posts {most:.1f} MB"
    )
    assert most - few < MOST_GROWTH


def peak_of(log: Path) -> float:
    """The most memory that a process had, in megabytes, by what Scrapy tells at its end."""
    found = PEAK.search(log.read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1]) / 1_000_000
