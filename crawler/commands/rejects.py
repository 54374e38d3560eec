"""finews rejects: the dead letters, to be read, and to be tried again after a fix."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from scrapy.commands import BaseRunSpiderCommand

from crawler.commands.running import run_spider
from crawler.commands.setup import FinewsCommand, action_of, usage
from crawler.exports.terminal import printable
from crawler.records import utc
from crawler.spiders.rejects import RejectsSpider
from crawler.store.rejects import LARGEST_RAW, Rejects
from crawler.tally import INCOMPLETE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from crawler.store.rejects import Kept

ACTIONS = ("list", "show", "retry")
# More reasons than these are told by their number.
MOST_REASONS = 20
TIMES = ("observed_at", "first_at", "last_at")


class Command(FinewsCommand, BaseRunSpiderCommand):
    """Lists and shows what was rejected, and reads it once more."""

    quiet = True
    usage_line = (
        "list [--stage S] [--json] | show ID [--raw] | retry [ID...] [--stage S]  [options]"
    )

    def short_desc(self) -> str:
        return "What could not be read or stored: list it, show it, try it again"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--stage", metavar="S", help="only what was rejected at this stage")
        parser.add_argument("--json", action="store_true", help="list: one JSON object a line")
        parser.add_argument("--raw", action="store_true", help="show: only the input as received")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the first word says."""
        action, words = action_of("rejects", args, ACTIONS)
        if opts.spargs:
            raise usage("rejects takes no -a")
        if action == "retry":
            self._retry(words, opts.stage)
        elif action == "show":
            self._show(words, opts.raw)
        elif words:
            raise usage(f"list takes no argument {words[0]}; finews rejects show {words[0]}?")
        else:
            self._list(opts.stage, opts.json)

    def _list(self, stage: str | None, as_json: bool) -> None:
        with self.open_store() as store:
            rejects = Rejects(store)
            number = 0
            for number, kept in enumerate(rejects.select(stage), 1):  # noqa: B007
                print(json.dumps(_record(kept), ensure_ascii=False) if as_json else _line(kept))
            if not as_json:
                for line in _counts(rejects, stage):
                    print(line)
        print(f"finews: {number} rejects", file=sys.stderr)

    def _show(self, words: list[str], raw: bool) -> None:
        if len(words) != 1:
            raise usage("name one reject by its id: finews rejects show ID")
        with self.open_store() as store:
            kept = Rejects(store).get(words[0])
        if kept is None:
            print(f"finews: no reject {words[0]}; finews rejects list names them", file=sys.stderr)
            self.exitcode = INCOMPLETE
            return
        if raw:
            sys.stdout.buffer.write(kept.raw)
            sys.stdout.buffer.flush()
        else:
            for name, value in _record(kept).items():
                print(f"{name:<12} {printable(str(value))}")
            print(f"\n{printable(kept.raw.decode('utf-8', 'replace'))}")
        note = f", cut at {LARGEST_RAW:,}" if kept.is_cut else ""
        print(f"finews: {kept.raw_bytes:,} bytes as received{note}", file=sys.stderr)

    def _retry(self, ids: list[str], stage: str | None) -> None:
        assert self.crawler_process is not None
        with self.open_store() as store:
            rejects = Rejects(store)
            unknown = [key for key in ids if rejects.get(key) is None]
            if unknown:
                raise usage(f"no reject {unknown[0]}; finews rejects list names them")
            arguments = {"ids": ",".join(ids), "stage": stage or ""}
            chosen = {name: value for name, value in arguments.items() if value}
            outcome = run_spider(self._create_crawler(RejectsSpider), self.crawler_process, chosen)
            left = rejects.count()
        print(f"finews: {left} rejects are left; {outcome.line}", file=sys.stderr)
        self.exitcode = outcome.code


def _record(kept: Kept) -> dict[str, Any]:
    """A reject as plain values, without its raw input."""
    record = asdict(kept)
    record.pop("raw")
    return {**record, **{name: utc(record[name]) for name in TIMES}}


def _line(kept: Kept) -> str:
    """A reject in columns, its reason last."""
    article = kept.article_id or "-"
    head = f"{kept.id}  {utc(kept.last_at)}  {kept.times:>3}×  {kept.stage:<16} {article:<20}"
    return printable(f"{head} {kept.url}  {kept.reason}").replace("\n", " ")


def _counts(rejects: Rejects, stage: str | None) -> Iterator[str]:
    """How many there are by stage and reason."""
    counts = [one for one in rejects.counts() if stage in (None, one[0])]
    if counts:
        yield ""
    for where, reason, number in counts[:MOST_REASONS]:
        yield printable(f"{number:>8,}  {where:<16} {reason}").replace("\n", " ")
    if len(counts) > MOST_REASONS:
        rest = sum(number for _, _, number in counts[MOST_REASONS:])
        yield f"{rest:>8,}  for {len(counts) - MOST_REASONS:,} other reasons"
