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


# Of these the network is no part.
OF_NO_CLIENT = ("test_archive", "test_runs")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of a crawl runs on both HTTP clients."""
    if "clean_environment" in metafunc.fixturenames:
        one = metafunc.module.__name__.rpartition(".")[2] in OF_NO_CLIENT
        clients = ["aiohttp"] if one else ["aiohttp", "twisted"]
        metafunc.parametrize("clean_environment", clients, indirect=True)


@pytest.fixture
def clean_environment(
    request: pytest.FixtureRequest, clean_environment: dict[str, str]
) -> dict[str, str]:
    """The environment of each command, with its HTTP client."""
    return {**clean_environment, "HTTP_CLIENT": request.param}
