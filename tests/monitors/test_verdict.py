"""What a monitor says, in one line."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from crawler.monitors.verdict import LONGEST, Verdict, reason_of, verdict_of


@pytest.mark.parametrize(
    ("status", "reason", "error", "expected"),
    [
        ("OK", None, None, Verdict("m", "ok")),
        ("SKIPPED", "few", None, Verdict("m", "skipped", "few")),
        ("FAIL", "a\n b", "Traceback\nAssertionError: a\n b", Verdict("m", "failed", "a b")),
        (
            "ERROR",
            None,
            "Traceback\n  x\na.b.MyError: why\n",
            Verdict("m", "failed", "MyError: why"),
        ),
        ("ERROR", None, "Traceback\nmy.own words: x", Verdict("m", "failed", "my.own words: x")),
    ],
)
def test_a_verdict_is_one_line(
    status: str, reason: str | None, error: str | None, expected: Verdict
) -> None:
    item = SimpleNamespace(monitor_name="m")
    result = SimpleNamespace(status=status, reason=reason, error=error, item=item)
    assert verdict_of(result) == expected


def test_a_reason_is_no_longer_than_a_reader_wants() -> None:
    reason = reason_of(SimpleNamespace(reason="x" * 2000, error=None))
    assert reason == "x" * LONGEST


def test_the_line_of_a_verdict_begins_with_its_name() -> None:
    assert Verdict("m", "ok").line == "m"
    assert Verdict("m", "failed", "why").line == "m: why"
