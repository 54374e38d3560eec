"""The pages on monitors and status name every threshold, with its default."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from crawler.exports.overview import to_record
from crawler.monitors.suite import CrawlSuite
from crawler.store.runs import End, Start
from settings import base
from settings.options import NAMES
from tests.exports.test_overview import FULL

DOCS = Path(__file__).parents[2] / "docs"
TOLD = re.compile(r"`((?:MONITOR|STATUS)_\w+)` \(([\d.]+)\)")
ROW = re.compile(r"^\| (`[^|]+) \|", re.MULTILINE)


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def rows(section: str) -> list[str]:
    return [name for cell in ROW.findall(section) for name in re.findall(r"`(\w+)`", cell)]


@pytest.mark.parametrize(("page", "prefix"), [("monitors.md", "MONITOR"), ("status.md", "STATUS")])
def test_every_threshold_is_told_with_its_default(page: str, prefix: str) -> None:
    told = dict(TOLD.findall(text(page)))
    assert set(told) == {
        name for name in dir(base) if name.startswith(f"{prefix}_") and name not in NAMES
    }
    assert {name: float(value) for name, value in told.items()} == {
        name: float(getattr(base, name)) for name in told
    }


def test_every_monitor_has_its_row() -> None:
    section = text("monitors.md").partition("## The monitors")[2].partition("## Alarms")[0]
    assert rows(section) == [name for name, _ in CrawlSuite.monitors]


def test_every_field_of_a_run_has_its_row() -> None:
    section = text("monitors.md").partition("## A run")[2].partition("## The monitors")[0]
    kept = {one.name for kind in (Start, End) for one in fields(kind)} - {"id"}
    assert set(rows(section)) == kept | {"_id", "started_at", "ended_at"}


def test_every_name_of_the_status_has_its_row() -> None:
    section = text("status.md").partition("## The document")[2].partition("## What is")[0]
    assert rows(section) == list(to_record(FULL, [], []))
