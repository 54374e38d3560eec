"""What became of a post that the site does not have."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.spiders.retention import fate_of, oldest_by_hearsay


@pytest.mark.parametrize(
    ("day", "oldest", "fate"),
    [
        (date(2021, 12, 27), date(2021, 12, 28), "expired"),
        (date(2021, 12, 28), date(2021, 12, 28), "gone"),
        (date(2021, 12, 30), date(2021, 12, 28), "gone"),
        (None, date(2021, 12, 28), "gone"),
        (date(2021, 12, 27), None, "gone"),
    ],
)
def test_what_is_older_than_all_that_is_listed_is_expired(
    day: date | None, oldest: date | None, fate: str
) -> None:
    assert fate_of(day, oldest) == fate


@pytest.mark.parametrize(
    ("listed", "oldest"),
    [
        (None, date(2021, 12, 28)),
        (date(2021, 12, 20), date(2021, 12, 28)),
        (date(2021, 12, 30), date(2021, 12, 30)),
    ],
)
def test_an_older_list_is_corrected_by_what_the_site_keeps(
    listed: date | None, oldest: date
) -> None:
    assert oldest_by_hearsay(listed, date(2021, 12, 31), 3) == oldest
