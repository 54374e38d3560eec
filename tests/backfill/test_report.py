"""The gap report."""

from __future__ import annotations

from datetime import date

from crawler.backfill.report import report, still_to_be_had
from crawler.store.backlog import Day, Missing

DAYS = [
    Day(date(2021, 12, 30), 1200, 1199, 1, {"page": 1190, "share": 1100, "front_matter": 9}),
    Day(None, 1, 0, 1, {}),
]
MISSING = [
    Missing("expired", "HTTP 404", 6, ["a", "b"]),
    Missing("owed", "HTTP 503", 1, ["c"]),
    Missing("new", None, 1, ["d"]),
]


def test_a_report() -> None:
    assert list(report(DAYS, MISSING)) == [
        "day          listed   stored     page    share     feed  archive  missing",
        "2021-12-30    1,200    1,199    1,190    1,100        0        9        1",
        "unknown           1        0        0        0        0        0        1",
        "total         1,201    1,199    1,190    1,100        0        9        2",
        "",
        "       6  expired   no source has it any more: HTTP 404  (a, b, …)",
        "       1  owed      HTTP 503  (c)",
        "       1  new       not asked for yet  (d)",
    ]
    assert still_to_be_had(MISSING) == 2


def test_answers_that_did_not_come_stand_at_the_end() -> None:
    answers = [Missing("owed", "the answer is empty", 2, ["a", "b"])]
    assert list(report(DAYS, [], answers))[-3:] == [
        "",
        "share answers that did not come",
        "       2  owed      the answer is empty  (a, b)",
    ]


def test_a_report_of_nothing_is_its_head() -> None:
    assert len(list(report([], []))) == 1
