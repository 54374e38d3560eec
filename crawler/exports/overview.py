"""What `finews status` tells: one document for programs, and the same in lines for people."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crawler.exports.terminal import printable
from crawler.records import utc

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from crawler.store.status import Status

Record = dict[str, Any]
# Of more categories than twice these the freshest and the stalest are shown, of reasons the first.
MOST_CATEGORIES = 5
MOST_REASONS = 20
WIDEST = 60


def to_record(status: Status, lost: Collection[str], wrong: Sequence[str]) -> Record:
    """The document; its names are in docs/status.md. `lost`: ids of runs that were killed."""
    categories = [asdict(one) for one in status.categories]
    record = {
        "at": status.at,
        "runs": [_run(run, lost) for run in status.runs],
        "freshness": {
            "newest": status.newest,
            "changed": status.changed_at,
            "categories": categories,
        },
        "counts": {
            "articles": status.articles,
            "duplicates": status.stories.duplicates,
            "groups": status.stories.groups,
            "revisions": status.revisions,
            "rejects": status.rejects,
            "links": status.links,
        },
        "owed": [asdict(one) for one in status.owed],
        "rejected": [asdict(one) for one in status.rejected],
        "next_runs": [asdict(one) for one in status.next_runs],
        "problems": list(wrong),
    }
    plain: Record = _plain(record)
    return plain


def lines_of(record: Record) -> Iterator[str]:
    """The document for people; texts that others wrote are shown and not obeyed."""
    sections = (
        ("last runs", _runs(record["runs"])),
        ("freshness", _freshness(record["freshness"])),
        ("counts", _counts(record["counts"])),
        ("owed", _owed(record["owed"])),
        ("rejected", _rejected(record["rejected"])),
        ("next runs", _next_runs(record["next_runs"])),
        ("wrong", iter(record["problems"])),
    )
    for number, (title, lines) in enumerate(sections):
        if number:
            yield ""
        yield title
        empty = True
        for line in lines:
            empty = False
            yield printable(f"  {line}").replace("\n", " ").rstrip()
        if empty:
            yield "  none"


def _run(run: Record, lost: Collection[str]) -> Record:
    state = "ended" if run["ended_at"] else "killed" if run["_id"] in lost else "running"
    rest = {name: value for name, value in run.items() if name != "_id"}
    return {"id": run["_id"], "state": state, **rest}


def _plain(value: Any) -> Any:
    """Values that JSON knows; times in UTC."""
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def _runs(runs: Sequence[Record]) -> Iterator[str]:
    for run in runs:
        given = " ".join(f"{name}={value}" for name, value in run["arguments"].items())
        name = " ".join(filter(None, (run["crawl"], run["spider"], given)))
        told = run["outcome"] if run["state"] == "ended" else run["state"]
        code = run["code"] if run["state"] == "ended" else "-"
        yield f"{_second(run['started_at'])}  {code}  {_cut(name):<24}  {_cut(told, 2 * WIDEST)}"


def _freshness(freshness: Record) -> Iterator[str]:
    if freshness["newest"]:
        yield f"{'newest article':<24} {_second(freshness['newest'])}"
    if freshness["changed"]:
        yield f"{'last change':<24} {_second(freshness['changed'])}"
    rows = freshness["categories"]
    hidden = len(rows) - 2 * MOST_CATEGORIES
    for place, row in enumerate(rows):
        if hidden > 0 and MOST_CATEGORIES <= place < MOST_CATEGORIES + hidden:
            if place == MOST_CATEGORIES:
                yield f"({hidden:,} more categories; --json tells them all)"
            continue
        newest = _second(row["newest"]) if row["newest"] else "no date"
        yield f"{row['category'] or '(none)':<24} {newest:<20} {row['articles']:>10,} articles"


def _counts(counts: Record) -> Iterator[str]:
    rows = {name: number for name, number in counts.items() if name != "links"}
    rows |= {f"links {state}": number for state, number in counts["links"].items()}
    for name, number in rows.items():
        yield f"{name:<24} {number:>10,}"


def _owed(owed: Sequence[Record]) -> Iterator[str]:
    for one in owed[:MOST_REASONS]:
        why = _cut(one["reason"] or "not asked for yet", WIDEST)
        tries = f", asked for {one['attempts']:,} times at most" if one["attempts"] else ""
        yield f"{one['links']:>10,}  {one['kind']:<8} {why}{tries}"
    if len(owed) > MOST_REASONS:
        yield f"({len(owed) - MOST_REASONS:,} more reasons; --json tells them all)"


def _rejected(rejected: Sequence[Record]) -> Iterator[str]:
    for one in rejected:
        yield f"{one['rejects']:>10,}  {one['stage']:<16} the last {_second(one['last_at'])}"


def _next_runs(next_runs: Sequence[Record]) -> Iterator[str]:
    for one in next_runs:
        where = f"running on {one['host']}" if one["running"] else ""
        yield f"{one['crawl']:<24} {_second(one['next_at'])}  {where}"


def _second(time: str) -> str:
    """A time without its milliseconds."""
    return f"{time.partition('.')[0]}Z"


def _cut(text: str, longest: int = WIDEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
