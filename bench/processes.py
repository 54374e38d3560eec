"""Commands in processes of their own, and what each took."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
FINEWS = (sys.executable, "-m", "crawler.commands.cli")
SAMPLE_SECONDS = 0.1
UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the clock and of the processor, and megabytes at most, of a command.

    The processor's time is of the command and all processes that it started, the server's apart;
    the memory is that of the largest of them, looked at ten times a second. `over_time`: seconds,
    and megabytes then.
    """

    seconds: float
    cpu: float
    peak: float
    server_cpu: float = 0.0
    over_time: list[tuple[float, float]] = field(default_factory=list)


def run(
    words: Sequence[str],
    environment: Mapping[str, str],
    server: int | None = None,
    folder: Path = ROOT,
    *,
    codes: frozenset[int] = frozenset({0}),
) -> Took:
    """Run a command to its end; `server`: a process that works for it, as a database does.

    Raises RuntimeError with the command's last lines when it ends with another code than these.
    """
    # Compiled modules are kept, as they are where people install them.
    own = {name: value for name, value in os.environ.items() if name != UNCOMPILED}
    before = _cpu_of(server)
    began = time.perf_counter()
    process = subprocess.Popen(
        words,
        cwd=folder,
        env={**own, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    samples: list[tuple[float, float, float]] = []
    ended = threading.Event()
    sampler = threading.Thread(target=_sample, args=(process.pid, began, samples, ended))
    sampler.start()
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    sampler.join()
    process.stderr.close()
    peak = max((most for _, _, most in samples), default=0.0)
    if process.returncode not in codes:
        last = "\n".join(told.decode("utf-8", "replace").splitlines()[-15:])
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}:\n{last}")
    over_time = [(then, now) for then, now, _ in samples]
    cpu = usage.ru_utime + usage.ru_stime
    return Took(seconds, cpu, peak, _cpu_of(server) - before, over_time)


def in_turns(
    contenders: Mapping[str, Callable[[], Took]], rounds: int
) -> tuple[dict[str, Took], dict[str, list[Took]]]:
    """The medians of each, and all that they are of: A B A B, so that all have the same weather."""
    told: dict[str, list[Took]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, contender in contenders.items():
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            told[name].append(contender())
    return {name: median(runs) for name, runs in told.items()}, told


def median(runs: Sequence[Took]) -> Took:
    """Of each figure the median."""

    def of(name: str) -> float:
        return float(statistics.median(getattr(one, name) for one in runs))

    return Took(of("seconds"), of("cpu"), of("peak"), of("server_cpu"), runs[0].over_time)


def ratio(ours: Sequence[Took], theirs: Sequence[Took], figure: str) -> float:
    """The median of the ratios round by round, which the weather changes less than each figure."""
    pairs = zip(ours, theirs, strict=True)
    return float(statistics.median(getattr(a, figure) / getattr(b, figure) for a, b in pairs))


def _cpu_of(process: int | None) -> float:
    """Seconds of the processor that a process has taken so far."""
    if process is None:
        return 0.0
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _sample(
    process: int,
    began: float,
    samples: list[tuple[float, float, float]],
    ended: threading.Event,
) -> None:
    """Note seconds, and megabytes then and at most, of the process and of its largest child.

    What the kernel says of a process that has ended would count its parent's as well.
    """
    while not ended.wait(SAMPLE_SECONDS):
        try:
            # Children that end meanwhile are looked at no more.
            children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
            told = [memory_of(one) for one in (str(process), *children)]
        except OSError:
            continue
        seconds = round(time.perf_counter() - began, 1)
        samples.append((seconds, max(now for now, _ in told), max(most for _, most in told)))


def memory_of(process: str) -> tuple[float, float]:
    """Megabytes of a process, now and at most."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "VmHWM")))
    now, most = (int(told.get(name, "0 kB").split()[0]) / 1000 for name in ("VmRSS", "VmHWM"))
    return round(now, 1), round(most, 1)
