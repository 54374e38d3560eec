"""A file appears whole or not at all."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.exports.files import WholeFile, whole_file

WRITER = """
import sys
from pathlib import Path
from crawler.exports.files import whole_file
with whole_file(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("written", flush=True)
    sys.stdin.read()
"""


def test_it_takes_the_place_of_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"old")
    target.chmod(0o640)
    with whole_file(target) as file:
        file.write(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_an_error_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"old")
    with pytest.raises(TypeError), whole_file(target) as file:
        file.writelines([b"new", "no bytes"])  # type: ignore[list-item]
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_kill_9_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"old")
    command = [sys.executable, "-c", WRITER, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    assert target.read_bytes() == b"old"


def test_a_new_file_has_the_usual_rights(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        with whole_file(tmp_path / "out"):
            pass
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with whole_file(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out").read_bytes() == b"new"


def test_a_special_file_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        with whole_file(pipe) as file:
            file.write(b"new")
        assert reader.stdout is not None
        assert reader.stdout.read() == b"new"


def test_what_cannot_be_closed_is_removed_all_the_same(tmp_path: Path) -> None:
    whole = WholeFile(tmp_path / "out")
    with Path("/dev/full").open("wb", buffering=0) as full:
        whole.file.close()
        whole.file = io.BufferedWriter(full)  # type: ignore[assignment]
        whole.file.write(b"x")
        whole.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_name_may_be_as_long_as_names_are(tmp_path: Path) -> None:
    name = "国" * 80 + ".jsonl"
    with whole_file(tmp_path / name):
        pass
    assert [file.name for file in tmp_path.iterdir()] == [name]
