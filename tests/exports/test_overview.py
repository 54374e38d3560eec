"""The status as a document, and the same in lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.exports.overview import lines_of, to_record
from crawler.store.duplicate_groups import Size
from crawler.store.freshness import Fresh
from crawler.store.status import Next, Owed, Rejected, Status

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
TOLD = "2026-11-25T12:00:00.000Z"


def run(key: str, **values: Any) -> dict[str, Any]:
    known = {"crawl": None, "spider": "finews", "arguments": {}, "outcome": "done", "code": 0}
    return {"_id": key, **known, "started_at": NOON, "ended_at": NOON, **values}


def status(**values: Any) -> Status:
    nothing: dict[str, Any] = {
        name: [] for name in Status.__dataclass_fields__ if name not in ("links", "revisions")
    }
    told = {"at": NOON, "since": NOON, "changed_at": None, "links": {}, "revisions": 0}
    told["stories"] = Size(0, 0)
    return Status(**{**nothing, **told, **values})


def lines(told: Status, *wrong: str) -> dict[str, list[str]]:
    """The lines of each section."""
    blocks = "\n".join(lines_of(to_record(told, ["k"], list(wrong)))).split("\n\n")
    return {block.splitlines()[0]: block.splitlines()[1:] for block in blocks}


FULL = status(
    runs=[
        run("r", crawl="hourly", arguments={"category": "x"}, code=1, outcome="bad\x1b[2J\nline"),
        run("k", ended_at=None, code=None, outcome=None),
        run("n", ended_at=None, code=None, outcome=None),
    ],
    categories=[Fresh("emnews", 20, NOON), Fresh(None, 1, None)],
    changed_at=NOON,
    revisions=4,
    stories=Size(groups=2, duplicates=5),
    links={"owed": 3, "stored": 1200},
    owed=[Owed("post", "owed", "HTTP 503", 3, 7), Owed("post", "new", None, 1, 0)],
    rejected=[Rejected("page/post", 2, NOON)],
    next_runs=[Next("hourly", NOON, True, "h"), Next("daily", NOON, False, None)],
)


def test_the_document_has_its_names_and_only_values_that_json_knows() -> None:
    record = json.loads(json.dumps(to_record(FULL, ["k"], ["x is wrong"])))
    assert list(record) == [
        *("at", "runs", "freshness", "counts", "owed", "rejected", "next_runs", "problems"),
    ]
    assert record["at"] == TOLD
    first = record["runs"][0]
    assert (first["id"], first["state"], first["started_at"]) == ("r", "ended", TOLD)
    assert [one["state"] for one in record["runs"]] == ["ended", "killed", "running"]
    assert record["freshness"] == {
        "newest": TOLD,
        "changed": TOLD,
        "categories": [
            {"category": "emnews", "articles": 20, "newest": TOLD},
            {"category": None, "articles": 1, "newest": None},
        ],
    }
    assert record["counts"] == {
        **{"articles": 21, "duplicates": 5, "groups": 2, "revisions": 4, "rejects": 2},
        "links": {"owed": 3, "stored": 1200},
    }
    assert record["owed"][0] == {
        **{"kind": "post", "state": "owed", "reason": "HTTP 503", "links": 3, "attempts": 7},
    }
    assert record["rejected"] == [{"stage": "page/post", "rejects": 2, "last_at": TOLD}]
    assert record["next_runs"][0] == {
        **{"crawl": "hourly", "next_at": TOLD, "running": True, "host": "h"},
    }
    assert record["problems"] == ["x is wrong"]


def test_the_lines_tell_the_same_and_a_terminal_obeys_none_of_them() -> None:
    told = lines(FULL, "x is wrong")
    assert told["last runs"] == [
        "  2026-11-25T12:00:00Z  1  hourly finews category=x  bad�[2J line",
        "  2026-11-25T12:00:00Z  -  finews                    killed",
        "  2026-11-25T12:00:00Z  -  finews                    running",
    ]
    assert told["freshness"] == [
        "  newest article           2026-11-25T12:00:00Z",
        "  last change              2026-11-25T12:00:00Z",
        "  emnews                   2026-11-25T12:00:00Z         20 articles",
        "  (none)                   no date                       1 articles",
    ]
    assert told["counts"][1:3] == [
        "  duplicates                        5",
        "  groups                            2",
    ]
    assert told["counts"][-1] == "  links stored                  1,200"
    assert told["owed"] == [
        "           3  post     HTTP 503, asked for 7 times at most",
        "           1  post     not asked for yet",
    ]
    assert told["rejected"] == ["           2  page/post        the last 2026-11-25T12:00:00Z"]
    assert told["next runs"] == [
        "  hourly                   2026-11-25T12:00:00Z  running on h",
        "  daily                    2026-11-25T12:00:00Z",
    ]
    assert told["wrong"] == ["  x is wrong"]


def test_where_nothing_is_it_says_so() -> None:
    told = lines(status())
    del told["counts"]
    assert set(map(tuple, told.values())) == {("  none",)}


def test_of_many_the_freshest_and_the_stalest_are_shown() -> None:
    many = [Fresh(f"c{n:02}", 1, NOON - timedelta(hours=n)) for n in range(30)]
    owed = [Owed("post", "owed", f"reason {n}", 1, 1) for n in range(25)]
    told = lines(status(categories=many, owed=owed))
    names = [line.split()[0] for line in told["freshness"][1:]]
    assert names == [*(f"c{n:02}" for n in range(5)), "(20", *(f"c{n}" for n in range(25, 30))]
    assert told["owed"][-1] == "  (5 more reasons; --json tells them all)"
    assert len(told["owed"]) == 21


def test_long_texts_are_cut() -> None:
    told = lines(status(runs=[run("r", outcome="x" * 999, arguments={"codes": "y" * 999})]))
    [line] = told["last runs"]
    assert len(line) < 220
    assert line.endswith("x…")
