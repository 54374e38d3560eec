"""finews cursors: how far each export by cursor has come."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand

from crawler.commands.setup import FinewsCommand, action_of, usage
from crawler.exports.cursor import told
from crawler.exports.terminal import one_line
from crawler.records import utc
from crawler.store.cursors import Cursors, CursorTakenError
from crawler.tally import INCOMPLETE

if TYPE_CHECKING:
    import argparse

    from crawler.store.cursors import Position

ACTIONS = ("list", "reset")


class Command(FinewsCommand, ScrapyCommand):
    """Lists the cursors of exports, and forgets one."""

    requires_crawler_process = False
    usage_line = "list [--json] | reset NAME   [options]"

    def short_desc(self) -> str:
        return "The cursors of exports: list them, or have one begin anew"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="list: one JSON object a line")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the first word says."""
        action, words = action_of("cursors", args, ACTIONS)
        if action == "reset":
            self._reset(words)
        elif words:
            raise usage(f"list takes no argument {words[0]}")
        else:
            self._list(opts.json)

    def _list(self, as_json: bool) -> None:
        with self.open_store() as store:
            positions = Cursors(store).select()
        for position in positions:
            print(json.dumps(_record(position), ensure_ascii=False) if as_json else _line(position))
        print(f"finews: {len(positions)} cursors", file=sys.stderr)

    def _reset(self, words: list[str]) -> None:
        if len(words) != 1:
            raise usage("name one cursor: finews cursors reset NAME")
        with self.open_store() as store:
            try:
                found = Cursors(store).reset(words[0])
            except CursorTakenError as error:
                print(f"finews: {error}; try again when it is done", file=sys.stderr)
                self.exitcode = INCOMPLETE
                return
        if found:
            print(f"finews: the next export by {words[0]} gives everything", file=sys.stderr)
        else:
            line = f"no cursor {words[0]}; finews cursors list names them"
            print(f"finews: {one_line(line)}", file=sys.stderr)
            self.exitcode = INCOMPLETE


def _record(position: Position) -> dict[str, object]:
    return {
        "name": position.name,
        "seq": position.seq,
        "moved_at": utc(position.moved_at) if position.moved_at else None,
        "exported": position.exported,
        "selection": position.selection,
    }


def _line(position: Position) -> str:
    moved = utc(position.moved_at) if position.moved_at else "never"
    numbers = f"{position.seq:>10,}  {position.exported:>8,} exported"
    name = one_line(position.name)
    return f"{name:<20} {moved:<24} {numbers}  {one_line(told(position.selection))}"
