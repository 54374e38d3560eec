"""finews schedule: real crawls at their times, one at a time, whoever is killed."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers import wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from datetime import datetime

    from crawler.store.connection import Store

# Due on the first of January, and so at once, and then not for a long time.
YEARLY = """
[[crawl]]
name = "news"
spider = "finews"
cron = "0 0 1 1 *"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "schedule.toml"
    path.write_text(YEARLY, encoding="utf-8")
    return path


@contextmanager
def scheduling(finews: Any, *words: Any, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A schedule at work, until it is told to stop."""
    process = finews.start("schedule", *map(str, words), **variables)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=90)


def runs(store: Store) -> list[dict[str, Any]]:
    return list(store.collection("runs").find().sort("started_at", 1))


def ended(store: Store) -> list[dict[str, Any]]:
    return [run for run in runs(store) if run["ended_at"]]


def until(store: Store) -> datetime:
    lock = store.collection("locks").find_one({"_id": "crawl:news"})
    assert lock is not None
    return lock["until"]


def text_of(log: Path) -> str:
    return log.read_text(encoding="utf-8") if log.exists() else ""


def child_of(store: Store) -> int:
    wait_until(lambda: bool(runs(store)[0]["pid"]))
    pid: int = runs(store)[0]["pid"]
    return pid


@pytest.mark.parametrize("and_its_run", [False, True])
def test_of_two_schedules_one_runs_a_crawl_and_when_it_is_killed_the_other_does_once(
    finews: Any, at: Any, held_site: Any, store: Store, file: Path, and_its_run: bool
) -> None:
    lease = 4
    words = (file, "-s", f"SCHEDULE_LEASE_SECONDS={lease}")
    with scheduling(finews, *words, **at(held_site)) as holder:
        held_site.wait_for(held_site.path)
        with scheduling(finews, *words, **at(held_site)) as other:
            # The other is at work too, and renewing is the holder's.
            first = until(store)
            wait_until(lambda: until(store) > first + timedelta(seconds=lease))
            [run] = runs(store)
            child = child_of(store)
            holder.kill()
            if and_its_run:
                os.kill(child, signal.SIGKILL)
            killed_at = store.now()
            held_site.held.set()
            wait_until(lambda: len(ended(store)) == 2)
            lost, again = runs(store)
            assert lost["due_at"] == again["due_at"] == run["due_at"]
            assert (lost["_id"], lost["code"]) == (run["_id"], 1)
            assert lost["cut_off"]
            assert lost["outcome"].startswith("killed" if and_its_run else "stopped")
            assert again["code"] == 0, again["outcome"]
            assert again["started_at"] - killed_at <= timedelta(seconds=lease + 2)
            assert other.poll() is None
            articles = store.collection("articles")
            assert articles.count_documents({}) == 1
        # Nothing more came of it until the other was stopped.
        assert len(runs(store)) == 2
        assert other.returncode == 0


def test_a_schedule_that_hangs_keeps_its_crawl_while_the_run_is_at_work(
    finews: Any, at: Any, held_site: Any, store: Store, file: Path
) -> None:
    words = (file, "-s", "SCHEDULE_LEASE_SECONDS=2")
    with scheduling(finews, *words, **at(held_site)) as holder:
        held_site.wait_for(held_site.path)
        holder.send_signal(signal.SIGSTOP)
        with scheduling(finews, *words, **at(held_site)):
            first = until(store)
            wait_until(lambda: until(store) > first + timedelta(seconds=5))
            assert len(runs(store)) == 1
            held_site.held.set()
            wait_until(lambda: bool(ended(store)))
            holder.send_signal(signal.SIGCONT)
    [run] = runs(store)
    assert run["code"] == 0


def test_a_stopped_schedule_ends_its_run_in_order_and_the_next_one_makes_it_again(
    finews: Any, at: Any, held_site: Any, store: Store, file: Path
) -> None:
    process = finews.start("schedule", str(file), **at(held_site))
    held_site.wait_for(held_site.path)
    process.send_signal(signal.SIGTERM)
    child = child_of(store)
    log = Path(runs(store)[0]["log"])
    wait_until(lambda: "Received SIGTERM" in log.read_text("utf-8", "replace"))
    held_site.held.set()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert err.splitlines()[-1] == "finews: stopped"
    assert "news: begins, due " in err
    assert not Path(f"/proc/{child}").exists()
    [stopped] = runs(store)
    assert stopped["outcome"].startswith("stopped: ")
    # What was on its way when the signal came is stored.
    assert store.collection("articles").count_documents({}) == 1
    assert log.read_text(encoding="utf-8").splitlines()[-1] == f"finews: {stopped['outcome']}"
    with scheduling(finews, file, **at(held_site)):
        wait_until(lambda: len(ended(store)) == 2)
    again = runs(store)[1]
    assert (again["code"], again["due_at"]) == (0, stopped["due_at"])


@pytest.mark.parametrize("when", ["is noted", "has a process"])
def test_a_run_that_is_stopped_while_it_starts_is_made_again(
    finews: Any, at: Any, held_site: Any, store: Store, file: Path, when: str
) -> None:
    process = finews.start("schedule", str(file), **at(held_site))
    wait_until(lambda: bool(runs(store)))
    if when == "has a process":
        child_of(store)
    process.send_signal(signal.SIGTERM)
    # Else the run might be over before it is told to end.
    log = Path(runs(store)[0]["log"])
    wait_until(lambda: process.poll() is not None or "Received SIGTERM" in text_of(log))
    held_site.held.set()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert [run["cut_off"] for run in runs(store)] == [True]
    with scheduling(finews, file, **at(held_site)):
        wait_until(lambda: len(ended(store)) == 2)
    assert [run["code"] for run in runs(store)] == [1, 0]


def test_a_run_that_slept_while_another_took_its_crawl_ends(
    finews: Any, at: Any, held_site: Any, store: Store, file: Path
) -> None:
    words = (file, "-s", "SCHEDULE_LEASE_SECONDS=2")
    with scheduling(finews, *words, **at(held_site)) as first:
        held_site.wait_for(held_site.path)
        child = child_of(store)
        for pid in (first.pid, child):
            os.kill(pid, signal.SIGSTOP)
        with scheduling(finews, *words, **at(held_site)):
            wait_until(lambda: len(runs(store)) == 2)
            os.kill(child, signal.SIGCONT)
            log = Path(runs(store)[0]["log"])
            wait_until(lambda: "another run took this crawl" in log.read_text("utf-8"))
            held_site.held.set()
            wait_until(lambda: len(ended(store)) == 2)
    slept, other = runs(store)
    assert (slept["cut_off"], other["cut_off"], other["code"]) == (True, False, 0)


def test_a_second_signal_does_not_wait(
    finews: Any, at: Any, held_site: Any, store: Store, file: Path
) -> None:
    process = finews.start("schedule", str(file), **at(held_site))
    held_site.wait_for(held_site.path)
    log = Path(runs(store)[0]["log"])
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: "Received SIGTERM" in log.read_text("utf-8", "replace"))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1, err
    assert err.splitlines()[-1] == "finews: stopped; killed: news"
    [run] = runs(store)
    assert (run["outcome"], run["cut_off"]) == ("killed by SIGKILL", True)


def test_a_run_is_ended_at_its_time_limit_and_not_made_again(
    finews: Any, at: Any, sample: Any, store: Store, file: Path
) -> None:
    file.write_text(YEARLY + "time_limit = '2s'", encoding="utf-8")
    with scheduling(finews, file, "-s", "DOWNLOAD_DELAY=0.5", **at(sample)) as process:
        wait_until(lambda: bool(ended(store)))
        wait_until(lambda: store.collection("locks").find_one({"until": None}) is not None)
    assert process.returncode == 0
    [run] = runs(store)
    assert run["outcome"].startswith("stopped at its time limit: ")
    assert (run["code"], run["finish_reason"]) == (1, "closespider_timeout")
    assert store.collection("links").count_documents({"state": "asked"}) == 0


def test_a_run_that_lost_its_crawl_before_it_began_does_nothing(
    finews: Any, held_site: Any, at: Any, store: Store
) -> None:
    words = ("crawl", "finews", "-s", "SCHEDULED_AS=news", "-s", "RUN_ID=a")
    done = finews(*words, code=1, **at(held_site))
    told = "another run of this crawl of the schedule is under way"
    assert done.last == f"finews: {told}"
    [run] = runs(store)
    assert (run["_id"], run["outcome"], run["cut_off"]) == ("a", told, True)
    assert held_site.requests == []


def test_options_reach_the_runs_and_the_status_tells_what_is_next(
    finews: Any, at: Any, sample: Any, store: Store, file: Path
) -> None:
    file.write_text(YEARLY + "arguments = { category = ['beifangwang'] }", encoding="utf-8")
    # Runs are of this program, whatever lies in the folder where the schedule is started.
    (file.parent / "settings.py").write_text("raise SystemExit(9)", encoding="utf-8")
    words = (file, "-s", "LOG_FORMAT=mine: %(message)s", "-L", "INFO")
    with scheduling(finews, *words, **at(sample)):
        wait_until(lambda: bool(ended(store)))
        done = finews("status", "--check", **at(sample))
    [run] = runs(store)
    assert run["arguments"] == {"category": "beifangwang"}
    assert "\nmine: Spider opened\n" in Path(run["log"]).read_text("utf-8")
    assert "  0  news finews category=beifangwang  done: 3 seen; articles: 3 new" in done.out
    following = done.out.partition("next runs\n")[2].splitlines()[0]
    # Midnight in Shanghai.
    assert following.split()[0] == "news"
    assert following.split()[1].endswith("-12-31T16:00:00Z")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "schedule.toml: No such file or directory; name a schedule file"),
        ("", "schedule.toml: there is no [[crawl]] in it"),
        (YEARLY.replace("finews", "finwes"), "crawl news: no spider finwes. Did you mean finews?"),
        (YEARLY + "arguments = { categroy = 'a' }", "Did you mean category?"),
        (YEARLY + "arguments = { since = 'soon' }", "crawl news: -a since: 'soon' is no date"),
        (YEARLY.replace("finews", "newsshare"), "crawl news: newsshare needs -a codes=…"),
        (YEARLY.replace('"news"', '"a\\nb\\u001b"'), "crawl a b"),
        (YEARLY.replace("1 1", "31 2"), "crawl news: '0 0 31 2 *' is no cron expression: Bad day"),
    ],
)
def test_a_schedule_that_cannot_be_is_one_line(
    finews: Any, tmp_path: Path, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / "schedule.toml").write_text(text, encoding="utf-8")
    assert told in finews("schedule", "schedule.toml", code=2).last


def test_more_than_one_file_is_refused(finews: Any) -> None:
    assert finews("schedule", "a", "b", code=2).last.endswith("takes one file, not a, b")


def test_nothing_of_these_tests_runs_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = os.fsencode(tmp_path_factory.getbasetemp())
    lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline")]
    assert not [line for line in lines if folder in line and b"schedule.toml" in line]
