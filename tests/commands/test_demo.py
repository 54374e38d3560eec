"""The demo: the whole job, and nothing left behind."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
from pathlib import Path
from typing import Any


def left_behind(folder: Path) -> list[str]:
    """The command lines of processes whose arguments or environment name a folder."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line, environment = [(process / name).read_bytes() for name in ("cmdline", "environ")]
        except OSError:
            continue
        if os.fsencode(folder) in line + environment:
            lines.append(line.replace(b"\0", b" ").decode())
    return lines


def test_it_crawls_stores_exports_and_shows(finews: Any, tmp_path: Path) -> None:
    done = finews("demo", DATA_DIR=str(tmp_path), COLUMNS="100")
    file = tmp_path / "demo" / "articles.jsonl"
    assert str(file) in done.out.replace("\n", "")
    articles = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(articles) == 52
    assert len({article["category"] for article in articles}) == 12
    for article in articles:
        assert f"{article['published_at'][:16].replace('T', ' ')}" in done.out
    assert "52 articles" in done.out
    assert "52 seen; articles: 52 new" in done.last
    assert left_behind(tmp_path) == []


def test_the_command_that_it_names_shows_an_article(finews: Any, tmp_path: Path) -> None:
    variables = {"DATA_DIR": str(tmp_path / "a b"), "CAPTURE_DIR": str(tmp_path / "captures")}
    out = finews("demo", **variables).out
    # Its made-up articles are none of anybody's captures.
    assert not (tmp_path / "captures").exists()
    [line] = [line for line in out.splitlines() if line.startswith("See one:")]

    program, *words = shlex.split(line.removeprefix("See one:"))
    assert Path(program).name == "finews"
    done = finews(*words)

    assert done.last == "finews: told by share, page, feed"


def test_again_it_begins_anew(finews: Any, tmp_path: Path) -> None:
    for _ in range(2):
        assert "52 new" in finews("demo", DATA_DIR=str(tmp_path)).last


def test_it_asks_nothing_but_loopback_whatever_the_environment_says(
    finews: Any, tmp_path: Path
) -> None:
    done = finews(
        *("demo", "-s", "MONITOR_LEAST=1", "-s", "MONITOR_SHARE_FAILURES=0"),
        DATA_DIR=str(tmp_path),
        MONITOR_WEBHOOK="https://192.0.2.1/",
        FINEWS_BASE_URL="http://192.0.2.1/",
        NEWSSHARE_BASE_URL="http://192.0.2.1/",
        MONGODB_URI="mongodb://192.0.2.1/",
    )
    assert "52 new" in done.last
    assert "monitors failed (share_failures: " in done.last
    assert "no alarm" not in done.err


def test_on_a_terminal_it_draws_a_progress_bar(finews: Any, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**finews.environment, "DATA_DIR": str(tmp_path), "TERM": "xterm"}
    command = Path(__file__).parents[2] / ".venv" / "bin" / "finews"
    process = subprocess.Popen(
        [command, "demo"], env=environment, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    drawn = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        drawn += part
    os.close(ours)
    assert process.wait() == 0
    text = drawn.decode()
    assert "crawling" in text
    assert "52/52" in text
    assert "articles" in text
