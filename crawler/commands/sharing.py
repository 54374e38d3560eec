"""Work that several processes share, each with a log of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.backfill.stages import Stage, Stages
from crawler.backfill.workers import Workers
from crawler.captures.reading import capture_files
from crawler.children import prune
from crawler.commands.outcome import OUTCOMES, Outcome
from crawler.commands.setup import open_store, usage
from crawler.commands.tether import PROGRAM, tethered
from crawler.parts import Part
from crawler.store.articles import Articles
from crawler.store.links import Ledger
from crawler.store.rejects import Rejects
from crawler.store.runs import Runs
from crawler.tally import DONE, INCOMPLETE, UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scrapy.settings import Settings

    from crawler.backfill.workers import Ended
    from crawler.store.connection import Store

MOST_WORKERS = 64


def workers_of(text: str) -> int:
    """How many processes. Raises UsageError."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_WORKERS:
        raise usage(f"--workers {text} is not a number from 1 to {MOST_WORKERS}")
    return int(text)


def workers_for(name: str, settings: Settings, began: datetime) -> Workers:
    """The workers of a command, whose logs are in a folder of theirs; old ones are deleted."""
    logs = Path(settings["DATA_DIR"]) / "logs" / name
    prune(logs, settings.getint("LOGS_KEPT") - 1)
    return Workers(PROGRAM, tethered(os.environ), logs / f"{began:%Y-%m-%dT%H-%M-%S}")


def read_archive(
    settings: Settings, arguments: dict[str, str], given: list[str], number: int
) -> Outcome:
    """What comes of a crawl of an archive by so many processes, each of which reads a part of it.

    `given`: the options that each is given. Raises StoreError.
    """
    words = [word for name, value in arguments.items() for word in ("-a", f"{name}={value}")]
    with open_store(settings) as store:
        began = store.now()
        articles = Articles(store)
        before = articles.count()
        if warc := arguments.get("warc"):
            for file in capture_files(Path(warc).expanduser()):
                store.patiently(Rejects(store).void_capture, str(file))
        workers = workers_for("archive", settings, began)
        problems = Stages(store, workers, given).run(
            Stage(
                "archive",
                ["crawl", "archive", *words],
                lambda: (articles.count() - before, None),
                in_parts=True,
            ),
            number,
        )
        # What one part tells of a category's name holds for the articles of all.
        name_categories(store)
        parts = [str(Part(place, number)) for place in range(1, number + 1)]
        stored = Runs(store).stored("archive", [{**arguments, "part": p} for p in parts], began)
    counts = ", ".join(f"{stored.get(name, 0)} {name}" for name in OUTCOMES)
    return _outcome(f"articles: {counts}", problems, number, workers.logs)


def name_categories(store: Store) -> None:
    """Give categories of which only an address told the name that a page or footer told of them."""
    articles = Articles(store)
    slugs = store.patiently(articles.categories)
    slugs += store.patiently(Ledger(store, "naming").categories)
    named = {slug.casefold(): slug for slug in slugs if slug != slug.casefold()}
    for article_id in store.patiently(articles.with_categories, named):
        store.patiently(articles.name_category, article_id, named)


def _outcome(counts: str, problems: Sequence[Ended], number: int, logs: Path) -> Outcome:
    if not problems:
        return Outcome(DONE, f"done: {number} processes; {counts}")
    unusable = next((one.line for one in problems if one.code == UNUSABLE), None)
    if unusable is not None:
        return Outcome(UNUSABLE, unusable)
    told = f"{len(problems)} of {number} processes did not end well; {counts}"
    return Outcome(INCOMPLETE, f"{told}; logs in {logs} (last: {problems[-1].line})")
