"""However often an update is killed, the next one makes what a fresh one would have made."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.exports.web.made import article, contents, update, write
from tests.servers import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.store.connection import Store

UPDATE = """
import sys
from pathlib import Path
from crawler.exports.web.folder import WebFolder
from crawler.store.connection import Store
from crawler.store.selection import Selection
with Store.open(None, sys.argv[1], Path(sys.argv[2])) as store:
    WebFolder(store, Selection(), Path(sys.argv[3])).update()
    print("done", flush=True)
"""


def kill_after(files: int, store: Store, data_dir: Path, folder: Path) -> None:
    """Kill an update once so many files have come or changed."""
    before = {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}

    def progress() -> int:
        inodes = [path.stat().st_ino for path in folder.glob("[!.]*/**/*.*") if path.is_file()]
        return len(set(inodes) - set(before.values()))

    command = [sys.executable, "-c", UPDATE, store.database.name, str(data_dir), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        wait_until(lambda: progress() >= files or process.poll() is not None)
        process.kill()
        assert process.stdout is not None
        assert process.stdout.read() == ""


@pytest.mark.parametrize("files", [1, 20, 70])
def test_kill_9(store: Store, data_dir: Path, tmp_path: Path, files: int) -> None:
    folder, fresh = tmp_path / "site", tmp_path / "fresh"
    folder.mkdir()
    symbols = [f"{600000 + number}.SH" for number in range(50)]
    write(store, *(article(n, one, category=f"c{n % 20}") for n, one in enumerate(symbols)))
    kill_after(files, store, data_dir, folder)
    # Meanwhile a category and a security go, and one of each comes.
    changed = [article(n, one, category=f"c{n % 20}", title="x") for n, one in enumerate(symbols)]
    write(store, *changed, article(50, "NIO.US", category="new"))
    store.collection("articles").delete_many({"category": {"$in": ["c0", "c19"]}})
    kill_after(files, store, data_dir, folder)
    update(store, folder)
    update(store, fresh)
    assert contents(folder) == contents(fresh)
    assert not any((folder / ".finews" / "new").iterdir())
    assert {one.name for one in folder.iterdir()} == {one.name for one in fresh.iterdir()}
