"""The service and the crontab of the docs work as they stand, but for their paths."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from crawler.store.connection import Store

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
# Where the docs say that things are.
PROJECT, DATA = "/opt/finews", "/var/lib/finews"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "finews.service"
    text = (DEPLOY / "finews.service").read_text(encoding="utf-8")
    unit.write_text(text.replace(PROJECT, str(ROOT)), encoding="utf-8")
    words = ["systemd-analyze", "verify", str(unit)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    unit.write_text(unit.read_text().replace("KillMode=mixed", "KillMode=gently"))
    assert "kill mode" in subprocess.run(words, capture_output=True, text=True).stderr


def test_the_lines_of_the_crontab_work(
    finews: Any, sample: Any, at: Any, tmp_path: Path, store: Store
) -> None:
    text = (DEPLOY / "finews.crontab").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and line[0] in "*0123456789"]
    crawl, check = (line.split(maxsplit=5)[5] for line in lines)
    assert text.count(f"DATA_DIR={DATA}\n") == 1
    for line, code in ((crawl, 1), (check, 1)):
        command = line.replace(f"{PROJECT}/.venv/bin/finews", str(finews.program[0]))
        done = subprocess.run(
            ["/bin/sh", "-c", command.replace(DATA, str(tmp_path))],
            env={**finews.environment, **at(sample)},
            capture_output=True,
            text=True,
        )
        # The sample site's one broken share answer makes a whole crawl of it exit 1, as it should.
        assert done.returncode == code, done.stderr
    assert store.collection("articles").count_documents({}) == 52
    assert "1 rejected" in (tmp_path / "crawl.log").read_text(encoding="utf-8")
    assert "wrong" in done.stderr
