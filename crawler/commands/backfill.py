"""finews backfill: every article of some categories that any source still has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawler.article import SHANGHAI
from crawler.backfill.report import report, still_to_be_had
from crawler.backfill.stages import Stage, Stages
from crawler.commands.setup import FinewsCommand, usage
from crawler.commands.sharing import name_categories, workers_for, workers_of
from crawler.spiders import arguments
from crawler.store.backlog import Backlog, Scope
from crawler.store.links import Ledger
from crawler.tally import INCOMPLETE, UNUSABLE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from crawler.backfill.workers import Ended
    from crawler.store.connection import Store


class Command(FinewsCommand, ScrapyCommand):
    """Asks all sources in order: category pages, posts, share answers, the archive."""

    requires_crawler_process = False
    usage_line = "SLUG... | --all   [--since D] [--until D] [options]"

    def short_desc(self) -> str:
        return "Every article of some categories that any source still has, and a gap report"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("--all", action="store_true", help="all categories")
        add("--since", metavar="D", help="published on this day or later")
        add("--until", metavar="D", help="published on this day or earlier")
        add("--archive", metavar="DIR", help="a folder of the site's post sources (*.md)")
        add("--oldest-first", action="store_true", help="the oldest posts first, not the newest")
        add("--dry-run", action="store_true", help="tell what is known and would be asked for")
        add("--workers", metavar="N", default="1", help="processes that share the work (default 1)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the stages, and print what came of them."""
        words = _narrowing(args, opts)
        scope = _scope(args, opts)
        workers = workers_of(opts.workers)
        opts.archive = _archive(opts.archive)
        with self.open_store() as store:
            backlog = Backlog(store, scope, store.now())
            if opts.dry_run:
                print("\n".join(_plan(store, backlog, opts.archive)))
                print("finews: dry run: nothing was asked for", file=sys.stderr)
                return
            problems = self._stages(store, backlog, words, workers, opts)
            for problem in problems:
                if problem.code == UNUSABLE:
                    raise usage(problem.line)
            days, missing = backlog.gaps()
            answers = backlog.missing_answers() if self._follows_shares() else []
        print("\n".join(report(days, missing, answers)))
        left = still_to_be_had(missing)
        told = f"{sum(day.stored for day in days):,} articles stored, {left:,} still missing"
        if left or problems:
            last = f" (last: {problems[-1].line})" if problems else ""
            mend = "; the same command goes on" if left else ""
            print(f"finews: {told}{mend}{last}", file=sys.stderr)
            self.exitcode = INCOMPLETE
        else:
            print(f"finews: done: {told}", file=sys.stderr)

    def _stages(
        self,
        store: Store,
        backlog: Backlog,
        words: list[str],
        number: int,
        opts: argparse.Namespace,
    ) -> list[Ended]:
        """What went wrong in the stages; after the first when nothing can come of the others."""
        assert self.settings is not None
        began = backlog.began
        workers = workers_for("backfill", self.settings, began)
        stages = Stages(store, workers, self.passed_on(opts))
        lists = ["crawl", "backfill_lists", *words]
        pull = ["crawl", "backfill", *words, "-a", f"began={began.isoformat()}"]
        pull += ["-a", "oldest_first=1"] if opts.oldest_first else []
        posts = Stage("posts", pull, backlog.count_turns, "posts")
        # Whoever takes what the lists have told so far does not have the oldest first.
        problems = stages.run(posts, number, lists, in_order=opts.oldest_first)
        if any(ended.code == UNUSABLE for ended in problems):
            return problems
        if self._follows_shares():
            pull_shares = [*pull, "-a", "shares=1"]
            answered = backlog.count_answered
            answers = Stage("shares", pull_shares, lambda: (answered(), None), "answers")
            problems += stages.run(answers, number)
        if opts.archive:
            read = ["crawl", "archive", "-a", f"path={opts.archive}", *words]
            stored = backlog.count_stored
            archive = Stage("archive", read, lambda: (stored(), None), in_parts=True)
            problems += stages.run(archive, number)
            if number > 1:
                name_categories(store)
        return problems

    def _follows_shares(self) -> bool:
        assert self.settings is not None
        return self.settings.getbool("FOLLOW_SHARE_LINKS")


def _narrowing(args: list[str], opts: argparse.Namespace) -> list[str]:
    """What is wanted, as the arguments of a spider. Raises UsageError."""
    if bool(args) == opts.all:
        raise usage("say finews backfill SLUG... for some categories, or --all for every one")
    given = {"category": ",".join(args), "since": opts.since, "until": opts.until}
    words = [f"{name}={value}" for name, value in given.items() if value]
    return [part for word in words for part in ("-a", word)]


def _scope(args: list[str], opts: argparse.Namespace) -> Scope:
    """The same for the ledger. Raises UsageError for what is no day, or no range."""
    days: list[date | None] = []
    for name, read in (("since", arguments.since), ("until", arguments.until)):
        text = getattr(opts, name)
        try:
            days.append(read(text).astimezone(SHANGHAI).date() if text else None)
        except ValueError as error:
            raise usage(f"--{name}: {error}") from None
    since, until = days
    if since and until and since > until:
        raise usage(f"--since {opts.since} is after --until {opts.until}")
    return Scope(tuple(args), since, until)


def _archive(text: str | None) -> Path | None:
    """The folder of post sources. Raises UsageError."""
    try:
        return arguments.folder(text).resolve() if text else None
    except ValueError as error:
        raise usage(f"--archive: {error}") from None


def _plan(store: Store, backlog: Backlog, archive: Path | None) -> Iterator[str]:
    """What is known, and what would be asked for; lists tell more when they are read."""
    slugs = backlog.scope.slugs or tuple(Ledger(store, "backfill").categories())
    shares = sum(len(backlog.shares(posts)) for posts in backlog.pages())
    numbers = {
        "category pages to be asked for": len(slugs),
        "posts known": backlog.count_known(),
        "articles stored": backlog.count_stored(),
        "posts to be asked for": backlog.count_posts(),
        "share answers to be asked for": shares,
    }
    if archive:
        numbers["files in the archive"] = sum(1 for _ in archive.rglob("*.md"))
    for name, number in numbers.items():
        yield f"{name:<32}{number:>9,}"
