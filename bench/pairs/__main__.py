"""Print precision and recall on the labelled pairs: `make pairs`.

`python -m bench.pairs open` (or `sealed`) for one half; with `--show`, also the open pairs of which
it is wrong.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.stories.sameness import are_tied
from crawler.stories.story import Story, story_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FOLDER = Path(__file__).parent
HALVES = ("open", "sealed")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles, and whether one is a reprint of the other; `kind`: how, or why not."""

    story: str
    kind: str
    same: bool
    one: dict[str, Any]
    other: dict[str, Any]


def read(half: str) -> Iterator[Pair]:
    """The pairs of a half."""
    for line in (FOLDER / f"{half}.jsonl").read_text("utf-8").splitlines():
        yield Pair(**json.loads(line))


def found_same(pair: Pair) -> bool:
    """Whether the two would be in one group, were they alone."""
    return are_tied(_story(pair.one), _story(pair.other))


def _story(article: dict[str, Any]) -> Story:
    return story_of(article["content_text"], datetime.fromisoformat(article["published_at"]))


def report(half: str, pairs: Iterable[Pair], show: bool) -> Iterator[str]:
    """A table of the kinds of pairs, and the two figures."""
    kinds: dict[tuple[bool, str], Counter[bool]] = {}
    for pair in pairs:
        answer = found_same(pair)
        kinds.setdefault((pair.same, pair.kind), Counter())[answer] += 1
        if show and answer != pair.same:
            yield from _shown(pair)
    yield from (f"{half} half", "", "| pairs | kind | right | wrong |", "|---|---|---|---|")
    for (same, kind), answers in sorted(kinds.items(), reverse=True):
        name = "same" if same else "not the same"
        yield f"| {name} | {kind} | {answers[same]} | {answers[not same]} |"
    found = _sum(kinds, True, True)
    wrong, missed = _sum(kinds, False, True), _sum(kinds, True, False)
    yield ""
    yield f"precision {found / ((found + wrong) or 1):.3f} ({found} of {found + wrong})"
    yield f"recall    {found / ((found + missed) or 1):.3f} ({found} of {found + missed})"


def _sum(kinds: dict[tuple[bool, str], Counter[bool]], same: bool, answer: bool) -> int:
    return sum(answers[answer] for (label, _), answers in kinds.items() if label == same)


def _shown(pair: Pair) -> Iterator[str]:
    yield f"-- {pair.kind}: {'missed' if pair.same else 'wrongly found'}"
    for article in (pair.one, pair.other):
        yield f"{article['published_at']} {article['title']}\n{article['content_text']}\n"


def main(words: Sequence[str]) -> None:
    """Print the tables of the halves that are named, or of both."""
    for half in [word for word in words if word in HALVES] or HALVES:
        for line in report(half, read(half), "--show" in words and half == "open"):
            print(line)
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
