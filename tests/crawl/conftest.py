"""What the crawl tests share: what a person expects of each post of the sample site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def expected() -> dict[str, dict[str, Any]]:
    """The values of each post by its id."""
    file = Path(__file__).parents[1] / "sample_site" / "expected.json"
    values: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return values
