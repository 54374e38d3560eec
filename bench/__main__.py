"""All benchmarks, their tables, and a file of them: `python -m bench`, or with names of some."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bench.report import save

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.report import Table

NAMES = (
    *("crawl", "stages", "incremental", "archive", "memory", "export", "search", "duplicates"),
)
RESULTS = Path(__file__).parent / "results"


def main(names: Sequence[str]) -> int:
    """Run benchmarks by their names, all without any; the exit code."""
    if unknown := set(names) - set(NAMES):
        print(f"no benchmark {min(unknown)}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    file = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}.json"
    for name in names or NAMES:
        tables: Sequence[Table] = import_module(f"bench.{name}").tables()
        for table in tables:
            print(f"\n{table}\n", flush=True)
        save(tables, machine(), file)
    print(f"written into {file.relative_to(Path.cwd())}", file=sys.stderr)
    return 0


def machine() -> str:
    """What kind of machine this is."""
    kinds = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in kinds if line.startswith("model name")), "")
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores{f' ({model})' if model else ''}, {gigabytes:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
