"""What runs when: on a clock of the test's own, with a real store and real processes."""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.article import SHANGHAI
from crawler.schedule import run as run_module
from crawler.schedule.file import Crawl
from crawler.schedule.run import Launch, Run
from crawler.schedule.scheduler import Scheduler
from crawler.schedule.times import Cron, Every
from crawler.store.errors import StoreError, StoreFailure
from crawler.store.locks import Locks
from crawler.store.runs import End, Runs
from tests.servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.store.connection import Store

START = datetime(2021, 12, 27, tzinfo=SHANGHAI)
STEP = timedelta(minutes=5)
DAY = timedelta(days=1)
# Stands for a crawl: says a line and ends, or waits for the end of its standard input.
QUICK = "print('finews: done')"
SLOW = "import sys; print('finews: at work', flush=True); sys.stdin.read()"
DEAF = f"import signal; signal.signal(15, signal.SIG_IGN); {SLOW}"
HOURLY = Crawl("hourly", "finews", {"category": "a"}, Every(3600), 600)
CRAWLS = (
    HOURLY,
    Crawl("morning", "finews", {}, Cron("0 8 * * *"), 600),
    Crawl("sunday", "finews", {}, Cron("0 8 * * 0"), 600),
    Crawl("workdays", "newsshare", {}, Cron("15 9-15 * * 1-5"), 600),
)
# The same, said otherwise.
IS_DUE: dict[str, Callable[[datetime], bool]] = {
    "hourly": lambda t: t.minute == 0,
    "morning": lambda t: (t.hour, t.minute) == (8, 0),
    "sunday": lambda t: (t.hour, t.minute, t.strftime("%A")) == (8, 0, "Sunday"),
    "workdays": lambda t: t.minute == 15 and 9 <= t.hour <= 15 and t.strftime("%a")[0] != "S",
}


class Clock:
    """A clock that the test sets."""

    def __init__(self, time: datetime) -> None:
        self.time = time

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    return launch_of(tmp_path, QUICK)


def launch_of(folder: Path, script: str) -> Launch:
    program = [sys.executable, "-S", "-c", script]
    return Launch(program, ["-s", "A=1"], dict(os.environ), folder / "logs", 3, "1.0", 60.0)


def scheduler_of(store: Store, launch: Launch, clock: Clock, *crawls: Crawl) -> Scheduler:
    return Scheduler(store, crawls or [HOURLY], launch, clock)


def finish(scheduler: Scheduler, notes: bool = True) -> None:
    """Begin what is due, and wait for its end, which it notes as a crawl does."""
    while True:
        for run in scheduler.running.values():
            if run.process and run.process.wait(60) == 0 and notes:
                Runs(scheduler.store).end(run.id, End(0, "done"))
        scheduler.tick()
        if not scheduler.running:
            return


def documents(store: Store, crawl: str = "hourly") -> list[dict[str, Any]]:
    found = store.collection("runs").find({"crawl": crawl})
    return list(found.sort([("due_at", 1), ("started_at", 1)]))


def wait_for_output(scheduler: Scheduler) -> None:
    [run] = scheduler.running.values()
    wait_until(lambda: run.log.stat().st_size > 0)


def test_a_week_with_restarts_has_each_run_once(store: Store, tmp_path: Path) -> None:
    chance = random.Random(7)
    quick, slow = launch_of(tmp_path, QUICK), launch_of(tmp_path, SLOW)
    clock = Clock(START)
    scheduler = scheduler_of(store, quick, clock, *CRAWLS)
    minutes = [START - 8 * DAY + timedelta(minutes=n) for n in range(15 * 24 * 60 + 1)]
    fires = {name: [t for t in minutes if is_due(t)] for name, is_due in IS_DUE.items()}
    expected: dict[str, list[datetime]] = {name: [] for name in IS_DUE}
    restarts = cut = 0
    while clock.time <= START + 7 * DAY:
        for name, times in fires.items():
            last = max(time for time in times if time <= clock.time)
            if last not in expected[name]:
                expected[name].append(last)
        if chance.random() < 0.02:
            # It is stopped at once, with what it has begun.
            restarts += 1
            scheduler.launch = slow
            scheduler.tick()
            cut += len(scheduler.running)
            scheduler.stop()
            scheduler = scheduler_of(store, quick, clock, *CRAWLS)
        finish(scheduler)
        if chance.random() < 0.005:
            # It is away for a while.
            restarts += 1
            clock.time += STEP * chance.randint(1, 150)
            scheduler = scheduler_of(store, quick, clock, *CRAWLS)
        clock.time += STEP
    assert (restarts, cut) > (20, 2)
    for name, times in expected.items():
        whole = [one for one in documents(store, name) if one["cut_off"] is False]
        assert [one["due_at"] for one in whole] == times, name
        assert {(one["code"], one["outcome"]) for one in whole} == {(0, "done")}
    assert sum(map(len, expected.values())) > 100
    all_of_them = [one for name in IS_DUE for one in documents(store, name)]
    assert len(all_of_them) == sum(map(len, expected.values())) + cut


def test_two_share_a_day(store: Store, launch: Launch) -> None:
    clocks = Clock(START), Clock(START)
    one, two = (scheduler_of(store, launch, clock, *CRAWLS) for clock in clocks)
    for number in range(24 * 12):
        # The clock of the second is three steps ahead.
        clocks[0].time = START + number * STEP
        clocks[1].time = START + (number + 3) * STEP
        for scheduler in (one, two) if number % 2 else (two, one):
            scheduler.tick()
        for scheduler in (one, two):
            finish(scheduler)
    due = Counter(one["due_at"] for one in documents(store))
    assert set(due.values()) == {1}
    assert len(due) == 25


def test_what_a_run_leaves(store: Store, launch: Launch, tmp_path: Path) -> None:
    clock = Clock(START + timedelta(minutes=7))
    say = "import sys; print(*sys.argv[1:]); print('finews: done: all')"
    finish(scheduler_of(store, launch_of(tmp_path, say), clock))
    [run] = documents(store)
    assert (run["crawl"], run["due_at"], run["code"]) == ("hourly", START, 0)
    assert (run["spider"], run["arguments"], run["version"]) == ("finews", {"category": "a"}, "1.0")
    assert run["outcome"] == "done"
    log = Path(run["log"])
    assert log.name.endswith(f"-{run['_id'][:8]}.log")
    assert log.parent == tmp_path / "logs" / "hourly"
    told = f"crawl finews -a category=a -s A=1 -s RUN_ID={run['_id']} -s SCHEDULED_AS=hourly"
    assert log.read_text().startswith(
        f"{told} -s SCHEDULE_LEASE_SECONDS=60.0 -s CLOSESPIDER_TIMEOUT=600\n"
    )
    [following] = Locks(store).next_runs(store.now())
    assert (following.next_at, following.running) == (START + timedelta(hours=1), False)


def test_what_becomes_of_a_crawl_is_said_once(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock(START)
    one = scheduler_of(store, launch_of(tmp_path, SLOW), clock)
    other = scheduler_of(store, launch_of(tmp_path, QUICK), clock)
    one.tick()
    for _ in range(3):
        other.tick()
    one.stop()
    finish(other)
    other.tick()
    lines = [line.partition(", log")[0] for line in caplog.messages]
    assert lines == [
        "hourly: begins, due 2021-12-27 00:00:00+08:00",
        "hourly: is run by another schedule",
        "hourly: killed by SIGTERM",
        "hourly: begins, due 2021-12-27 00:00:00+08:00",
        "hourly: done",
        "hourly: is due at 2021-12-27 01:00:00+08:00",
    ]


def test_old_logs_go(store: Store, launch: Launch, tmp_path: Path) -> None:
    clock = Clock(START)
    scheduler = scheduler_of(store, launch, clock)
    for _ in range(5):
        finish(scheduler)
        clock.time += timedelta(hours=1)
    left = {str(path) for path in (tmp_path / "logs" / "hourly").iterdir()}
    assert len(left) == 3
    assert documents(store)[-1]["log"] in left


def test_a_run_that_takes_long_is_the_only_one_and_what_it_missed_is_made_up_by_one(
    store: Store, tmp_path: Path
) -> None:
    clock = Clock(START)
    one = scheduler_of(store, launch_of(tmp_path, SLOW), clock)
    other = scheduler_of(store, launch_of(tmp_path, QUICK), clock)
    one.tick()
    for _ in range(5):
        clock.time += timedelta(hours=1)
        one.tick()
        other.tick()
    assert len(documents(store)) == 1
    [run] = one.running.values()
    assert run.process is not None
    assert run.process.stdin is not None
    run.process.stdin.close()
    one.launch = other.launch
    finish(one)
    finish(other)
    assert [one["due_at"] for one in documents(store)] == [START, clock.time]


def test_a_run_that_is_killed_is_made_again_but_not_for_ever(store: Store, tmp_path: Path) -> None:
    scheduler = scheduler_of(
        store, launch_of(tmp_path, "import os; os.kill(os.getpid(), 9)"), Clock(START)
    )
    for _ in range(5):
        finish(scheduler)
    runs = documents(store)
    assert [one["outcome"] for one in runs] == ["killed by SIGKILL"] * 3
    assert {(one["due_at"], one["code"]) for one in runs} == {(START, 1)}
    scheduler.now = Clock(START + timedelta(hours=1))
    scheduler.launch = launch_of(tmp_path, QUICK)
    finish(scheduler)
    assert documents(store)[-1]["code"] == 0


def test_a_run_whose_scheduler_is_gone_is_noted_as_killed_and_made_again(
    store: Store, launch: Launch, tmp_path: Path
) -> None:
    clock = Clock(START)
    gone = scheduler_of(store, replace(launch_of(tmp_path, SLOW), lease_seconds=0.01), clock)
    gone.tick()
    [run] = gone.running.values()
    assert run.process is not None
    run.process.kill()
    run.process.communicate(timeout=60)
    scheduler = scheduler_of(store, launch, clock)
    wait_until(lambda: finish(scheduler) or len(documents(store)) > 1)
    lost, again = documents(store)
    assert (lost["outcome"], lost["code"], lost["cut_off"]) == ("killed", 1, True)
    assert (again["outcome"], again["due_at"]) == ("done", lost["due_at"])


@pytest.mark.parametrize("script", [SLOW, DEAF])
@pytest.mark.parametrize("notes", [False, True])
def test_what_runs_on_after_its_time_limit_is_ended_and_not_made_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, notes: bool
) -> None:
    monkeypatch.setattr(run_module, "GRACE_SECONDS", 0.2)
    crawl = replace(HOURLY, time_limit=0)
    scheduler = scheduler_of(store, launch_of(tmp_path, script), Clock(START), crawl)
    scheduler.tick()
    wait_for_output(scheduler)
    [run] = scheduler.running.values()
    if notes:
        # It was told to end when it had hardly begun, and says that somebody stopped it.
        Runs(store).end(run.id, End(1, "stopped", cut_off=True))
    wait_until(lambda: scheduler.tick() or not scheduler.running)
    scheduler.tick()
    [document] = documents(store)
    how = "SIGTERM" if script == SLOW else "SIGKILL"
    assert document["outcome"] == ("stopped" if notes else f"killed by {how}")
    assert (document["code"], document["cut_off"]) == (1, False)


def test_a_run_whose_crawl_was_taken_is_stopped(store: Store, tmp_path: Path) -> None:
    clock = Clock(START)
    launch = replace(launch_of(tmp_path, SLOW), lease_seconds=0.01)
    scheduler = scheduler_of(store, launch, clock)
    scheduler.tick()
    wait_for_output(scheduler)
    # As if this machine had slept for longer than its lease.
    wait_until(lambda: Locks(store).take("hourly", "another", "h", 3600))
    wait_until(lambda: scheduler.tick() or not scheduler.running)
    assert documents(store)[0]["outcome"] == "killed by SIGTERM"
    assert not Locks(store).take("hourly", "third", "h", 1)


def test_a_lease_is_renewed_while_the_run_is_under_way(store: Store, tmp_path: Path) -> None:
    launch = replace(launch_of(tmp_path, SLOW), lease_seconds=0.4)
    scheduler = scheduler_of(store, launch, Clock(START))
    scheduler.tick()
    [lock] = store.collection("locks").find()
    first = lock["until"]
    wait_until(lambda: scheduler.tick() or store.now() > first + timedelta(seconds=1))
    assert not Locks(store).take("hourly", "another", "h", 1)
    scheduler.stop()
    assert Locks(store).take("hourly", "another", "h", 1)


def test_a_process_that_cannot_tell_its_end_has_it_told_and_is_made_again(
    store: Store, tmp_path: Path
) -> None:
    fail = "import sys; print('finews: no setting A'); sys.exit(2)"
    scheduler = scheduler_of(store, launch_of(tmp_path, fail), Clock(START))
    for _ in range(5):
        finish(scheduler)
    told = [(one["code"], one["outcome"], one["cut_off"]) for one in documents(store)]
    assert told == [(2, "no setting A", True)] * 3


def test_a_run_that_failed_by_itself_is_not_made_again(store: Store, launch: Launch) -> None:
    scheduler = scheduler_of(store, launch, Clock(START))
    scheduler.tick()
    [run] = scheduler.running.values()
    Runs(store).end(run.id, End(1, "told by itself"))
    finish(scheduler, notes=False)
    finish(scheduler_of(store, launch, Clock(START)))
    [document] = documents(store)
    assert (document["code"], document["outcome"]) == (1, "told by itself")


@pytest.mark.parametrize("at_once", [True, False])
def test_a_run_that_was_stopped_is_made_again(store: Store, launch: Launch, at_once: bool) -> None:
    clock = Clock(START)
    scheduler = scheduler_of(store, launch, clock)
    scheduler.tick()
    [run] = scheduler.running.values()
    assert run.process is not None
    run.process.wait(60)
    Runs(store).end(run.id, End(1, "stopped", cut_off=True))
    if not at_once:
        scheduler.stop()
        scheduler = scheduler_of(store, launch, clock)
    finish(scheduler)
    assert [one["outcome"] for one in documents(store)] == ["stopped", "done"]


def test_a_run_whose_crawl_was_taken_before_it_began_does_not_begin(
    store: Store, launch: Launch
) -> None:
    scheduler = scheduler_of(store, launch, Clock(START))
    run = Run(store, replace(launch, lease_seconds=0.01), HOURLY, START)
    assert run.take()
    wait_until(lambda: Locks(store).take("hourly", "another", "h", 3600))
    run.begin()
    assert run.poll()
    [document] = documents(store)
    told = "another run took its crawl before it began"
    assert (document["outcome"], document["cut_off"]) == (told, True)
    Locks(store).release("hourly", "another")
    finish(scheduler)
    assert [one["outcome"] for one in documents(store)] == [told, "done"]


def test_a_whole_run_counts_whatever_began_after_it(store: Store, launch: Launch) -> None:
    finish(scheduler_of(store, launch, Clock(START)))
    late = Run(store, launch, HOURLY, START)
    late.begin()
    finish(scheduler_of(store, launch, Clock(START)))
    assert [one["outcome"] for one in documents(store)] == [
        "done",
        "another run took its crawl before it began",
    ]


def test_a_process_that_does_not_start_is_told_of(store: Store, launch: Launch) -> None:
    scheduler = scheduler_of(store, replace(launch, program=["/none"]), Clock(START))
    finish(scheduler)
    run = documents(store)[0]
    assert (run["code"], run["outcome"], run["cut_off"]) == (
        1,
        "its process did not start: [Errno 2] No such file or directory: '/none'",
        True,
    )
    assert Locks(store).take("hourly", "another", "h", 1)


def test_a_store_that_is_away_is_told_of_and_asked_again(
    store: Store, launch: Launch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock(START)
    scheduler = scheduler_of(store, launch, clock)

    def away() -> datetime:
        raise StoreFailure("gone fishing")

    scheduler.now = away
    with caplog.at_level(logging.ERROR):
        scheduler.tick()
        scheduler.tick()
    assert caplog.messages == ["the store failed, it is tried again: gone fishing"]
    scheduler.now = clock
    finish(scheduler)
    assert len(documents(store)) == 1


def test_a_store_that_is_away_leaves_no_run_unwatched(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "GRACE_SECONDS", 0.2)
    idle, slow = CRAWLS[2], replace(HOURLY, time_limit=0)
    scheduler = scheduler_of(store, launch_of(tmp_path, DEAF), Clock(START), slow)
    scheduler.tick()
    wait_for_output(scheduler)
    scheduler.crawls = [idle, slow]

    def away() -> datetime:
        raise StoreError("its disk is full")

    scheduler.now = away
    [run] = scheduler.running.values()
    assert run.process is not None
    process = run.process
    wait_until(lambda: scheduler.tick() or not scheduler.running)
    assert process.returncode == -signal.SIGKILL


def test_a_log_that_is_gone_ends_nothing(store: Store, tmp_path: Path) -> None:
    scheduler = scheduler_of(store, launch_of(tmp_path, SLOW), Clock(START))
    scheduler.tick()
    wait_for_output(scheduler)
    [run] = scheduler.running.values()
    assert run.process is not None
    assert run.process.stdin is not None
    shutil.rmtree(tmp_path / "logs")
    run.process.stdin.close()
    wait_until(lambda: scheduler.tick() or bool(documents(store)[0]["ended_at"]))
    scheduler.stop()
    assert documents(store)[0]["outcome"].startswith("its log cannot be read: ")


def test_logs_that_cannot_be_deleted_keep_no_run_from_it(
    store: Store, launch: Launch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "hourly").touch()
    finish(scheduler_of(store, launch, Clock(START)))
    assert "hourly: old logs are not deleted: " in caplog.messages[0]
    assert documents(store)[0]["outcome"].startswith("its process did not start: ")


def test_a_clock_that_goes_back_runs_nothing_again(store: Store, launch: Launch) -> None:
    clock = Clock(START)
    scheduler = scheduler_of(store, launch, clock)
    finish(scheduler)
    clock.time -= 3 * timedelta(hours=1)
    finish(scheduler)
    finish(scheduler_of(store, launch, clock))
    assert len(documents(store)) == 1


def test_stopping_lets_what_runs_end_in_order(store: Store, tmp_path: Path) -> None:
    orderly = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit('finews: stopped')); "
        "print('at work', flush=True); time.sleep(60)"
    )
    scheduler = scheduler_of(store, launch_of(tmp_path, orderly), Clock(START))
    scheduler.tick()
    wait_for_output(scheduler)
    [run] = scheduler.running.values()
    assert scheduler.stop() == []
    assert run.process is not None
    assert run.process.returncode == 1
    assert documents(store)[0]["outcome"] == "stopped"


def test_stopping_names_what_had_to_be_killed(store: Store, tmp_path: Path) -> None:
    scheduler = scheduler_of(store, launch_of(tmp_path, DEAF), Clock(START))
    scheduler.tick()
    wait_for_output(scheduler)
    assert scheduler.stop(0.0) == ["hourly"]
    [run] = documents(store)
    assert (run["outcome"], run["cut_off"]) == ("killed by SIGKILL", True)


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    assert [run_module.name_of(number) for number in (15, 35)] == ["SIGTERM", "signal 35"]
