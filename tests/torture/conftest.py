"""What these tests share: how much of each there is, and the figures that they print."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from crawler.sample_site.server import serve
from tests.large_site import LargeSite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIGURES: list[str] = []
POSTS = 2000


@pytest.fixture(scope="session")
def rounds() -> int:
    """How many crawls are killed."""
    return int(os.environ.get("TORTURE_ROUNDS", "2"))


@pytest.fixture(scope="session")
def many() -> int:
    """How many articles a mixed load has."""
    return int(os.environ.get("TORTURE_ARTICLES", "1000"))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The sample site enlarged to 2,000 posts, and their ids."""
    folder = tmp_path_factory.mktemp("large")
    ids = LargeSite(folder, POSTS).ids
    with serve(folder) as site:
        yield site, ids


@pytest.fixture
def figure() -> Callable[[str], None]:
    """Keeps a line of figures for the end of the run."""
    return FIGURES.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    for line in FIGURES:
        terminalreporter.write_line(line)
