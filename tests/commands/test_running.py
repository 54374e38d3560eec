"""The process of a crawl."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

TOLD_WHILE_IT_OPENS = """
import os, signal, sys
from crawler.commands.cli import main
from crawler.spiders.base import LedgerSpider

make = LedgerSpider.from_crawler.__func__

def make_and_be_told(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGTERM)
    return make(*args, **kwargs)

LedgerSpider.from_crawler = classmethod(make_and_be_told)
main(["finews", "crawl", "finews"])
"""
ENDED = """
import sys
from pymongo.synchronous import monitor
monitor._shutdown_executors = lambda: print("waited")
if sys.argv[1:]:
    from crawler.commands.cli import main
    main(["finews", *sys.argv[1:]])
"""
TUNED = """
import gc, json, logging, sys
from scrapy.settings import Settings
from crawler.commands.memory import tune
from crawler.commands.one_line import fold_log

tune()
fold_log(Settings({"LOG_LEVEL": sys.argv[1]}))
names = ["scrapy.core.engine", "pymongo.command", "crawler.spiders"]
made = [logging.getLogger(name).isEnabledFor(logging.DEBUG) for name in names]
print(json.dumps([gc.get_freeze_count() > 1000, gc.get_threshold()[0], made]))
"""


def python(script: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("client", ["aiohttp", "twisted"])
def test_a_crawl_that_is_told_to_end_while_it_opens_ends(
    finews: Any, sample: Any, at: Any, client: str
) -> None:
    environment = {**finews.environment, **at(sample), "HTTP_CLIENT": client}
    done = python(TOLD_WHILE_IT_OPENS, **environment)
    assert done.returncode == 1
    assert "Received SIGTERM" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("finews: stopped: 0 seen; ")


@pytest.mark.parametrize(("level", "debug"), [("INFO", False), ("WARNING", False), ("DEBUG", True)])
def test_no_record_is_made_that_nobody_reads_and_rings_are_looked_for_seldom(
    finews: Any, level: str, debug: bool
) -> None:
    done = python(TUNED, level, **finews.environment)
    frozen, threshold, made = json.loads(done.stdout)
    assert frozen
    assert threshold > 10_000
    assert debug or not any(made)


def test_the_end_of_a_command_waits_for_none_of_pymongos_threads(finews: Any) -> None:
    assert python(ENDED, **finews.environment).stdout == "waited\n"
    assert "waited" not in python(ENDED, "--version", **finews.environment).stdout
