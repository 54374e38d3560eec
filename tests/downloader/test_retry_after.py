"""The header Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.downloader.retry_after import seconds_of

NOW = datetime(2021, 12, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"120", 120),
        (b" 0 ", 0),
        (b"Fri, 31 Dec 2021 12:00:30 GMT", 30),
        (b"Fri, 31 Dec 2021 11:00:00 GMT", 0),
        (b"Friday, 31-Dec-21 12:01:00 GMT", 60),
        (b"-5", None),
        (b"1.5", None),
        (b"soon", None),
        ("１２".encode(), None),
        (b"", None),
        (None, None),
    ],
)
def test_seconds_or_a_date(value: bytes | None, seconds: float | None) -> None:
    assert seconds_of(value, NOW) == seconds
