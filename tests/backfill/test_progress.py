"""How far a backfill is, in words."""

from __future__ import annotations

import pytest

from crawler.backfill.progress import LINE_SECONDS, StageProgress, duration, line


@pytest.mark.parametrize(
    ("done", "total", "seconds", "told"),
    [
        (0, 1000, 0.0, "backfill: posts: 0 of 1,000 articles, 0.0/s"),
        (500, 1000, 50.0, "backfill: posts: 500 of 1,000 articles, 10.0/s, 50 s left"),
        (1000, 1000, 100.0, "backfill: posts: 1,000 of 1,000 articles, 10.0/s"),
        (1, 10_000, 2.0, "backfill: posts: 1 of 10,000 articles, 0.5/s, 5 h 33 min left"),
        (7, None, 2.0, "backfill: posts: 7 articles"),
    ],
)
def test_a_line(done: int, total: int | None, seconds: float, told: str) -> None:
    assert line("posts", "articles", done, total, seconds) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (61, "1 min 1 s"), (3600, "1 h 0 min")]
)
def test_a_duration(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_lines_come_now_and_then_and_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    now = 100.0
    with StageProgress("posts", "articles", clock=lambda: now) as progress:
        progress.update(1, 100)
        assert capsys.readouterr().err == ""
        now += LINE_SECONDS
        progress.update(50, 100)
        assert capsys.readouterr().err.startswith("backfill: posts: 50 of 100 articles, 5.0/s, ")
        progress.update(100, 100)
        assert capsys.readouterr().err == ""
    assert capsys.readouterr().err.startswith("backfill: posts: 100 of 100 articles, ")
