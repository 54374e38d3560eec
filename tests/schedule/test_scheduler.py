"""What runs when: on a clock of the test's own, with a real store and real processes."""

from __future__ import annotations

import logging
import os
import random
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
from crawler.schedule.run import Launch
from crawler.schedule.scheduler import Scheduler, was_cut_off
from crawler.schedule.times import Cron, Every
from crawler.store.errors import StoreFailure
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


def finish(scheduler: Scheduler) -> None:
    """Begin what is due, and wait for its end."""
    scheduler.tick()
    while scheduler.running:
        for run in scheduler.running.values():
            if run.process:
                run.process.wait(60)
        scheduler.tick()


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
        whole = [one for one in documents(store, name) if not was_cut_off(one)]
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
    assert run["outcome"] == "done: all"
    log = Path(run["log"])
    assert log.name == f"2021-12-27T00-00-00-{run['_id'][:8]}.log"
    assert log.parent == tmp_path / "logs" / "hourly"
    told = f"crawl finews -a category=a -s A=1 -s RUN_ID={run['_id']} -s SCHEDULED_AS=hourly"
    assert log.read_text().startswith(
        f"{told} -s SCHEDULE_LEASE_SECONDS=60.0 -s CLOSESPIDER_TIMEOUT=600\n"
    )
    [following] = Locks(store).next_runs(store.now())
    assert (following.next_at, following.running) == (START + timedelta(hours=1), False)


def test_old_logs_go(store: Store, launch: Launch, tmp_path: Path) -> None:
    clock = Clock(START)
    scheduler = scheduler_of(store, launch, clock)
    for _ in range(5):
        finish(scheduler)
        clock.time += timedelta(hours=1)
    left = sorted((tmp_path / "logs" / "hourly").iterdir())
    assert [path.name[:13] for path in left] == [f"2021-12-27T0{hour}" for hour in (2, 3, 4)]


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
    run.process.wait(60)
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
    assert (lost["outcome"], lost["code"], lost["finish_reason"]) == ("killed", 1, "killed")
    assert (again["outcome"], again["due_at"]) == ("done", lost["due_at"])


@pytest.mark.parametrize("script", [SLOW, DEAF])
def test_what_runs_on_after_its_time_limit_is_ended_and_not_made_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(run_module, "GRACE_SECONDS", 0.2)
    crawl = replace(HOURLY, time_limit=0)
    scheduler = scheduler_of(store, launch_of(tmp_path, script), Clock(START), crawl)
    scheduler.tick()
    wait_for_output(scheduler)
    wait_until(lambda: scheduler.tick() or not scheduler.running)
    scheduler.tick()
    [run] = documents(store)
    how = "SIGTERM" if script == SLOW else "SIGKILL"
    assert run["outcome"] == f"killed by {how}: it ran on after its time limit"
    assert (run["code"], run["finish_reason"]) == (1, None)


def test_a_run_whose_crawl_was_taken_is_stopped(store: Store, tmp_path: Path) -> None:
    clock = Clock(START)
    launch = replace(launch_of(tmp_path, SLOW), lease_seconds=0.01)
    scheduler = scheduler_of(store, launch, clock)
    scheduler.tick()
    wait_for_output(scheduler)
    # As if this machine had slept for longer than its lease.
    wait_until(lambda: Locks(store).take("hourly", "another", "h", 3600))
    wait_until(lambda: scheduler.tick() or not scheduler.running)
    assert documents(store)[0]["outcome"] == "killed by SIGTERM: another run took its crawl"
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


def test_a_process_that_cannot_tell_its_end_has_it_told_by_its_last_line(
    store: Store, tmp_path: Path
) -> None:
    fail = "import sys; print('finews: no setting A'); sys.exit(2)"
    scheduler = scheduler_of(store, launch_of(tmp_path, fail), Clock(START))
    finish(scheduler)
    finish(scheduler)
    [run] = documents(store)
    assert (run["code"], run["outcome"]) == (2, "no setting A")


def test_what_the_process_told_of_its_end_stays(store: Store, launch: Launch) -> None:
    scheduler = scheduler_of(store, launch, Clock(START))
    scheduler.tick()
    [run] = scheduler.running.values()
    Runs(store).end(run.id, End(1, "told by itself"))
    finish(scheduler)
    [document] = documents(store)
    assert (document["code"], document["outcome"]) == (1, "told by itself")


def test_a_process_that_does_not_start_is_told_of(store: Store, launch: Launch) -> None:
    scheduler = scheduler_of(store, replace(launch, program=["/none"]), Clock(START))
    finish(scheduler)
    [run] = documents(store)
    assert (run["code"], run["outcome"]) == (
        2,
        "its process did not start: [Errno 2] No such file or directory: '/none'",
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
    scheduler.stop()
    assert run.process is not None
    assert run.process.returncode == 1
    assert documents(store)[0]["outcome"] == "stopped"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
