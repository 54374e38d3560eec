"""Where a crawl's files go: whole, when the crawl has ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scrapy import Spider

from crawler.exports.storages import WholeFileStorage

SPIDER = Spider("x")


def storage(path: Path, **options: Any) -> WholeFileStorage:
    return WholeFileStorage(str(path), feed_options=options)


def test_what_is_overwritten_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "x.jsonl"
    for before, text in ((None, b"one"), (b"one", b"two")):
        whole = storage(target, overwrite=True)
        file = whole.open(SPIDER)
        file.write(text)
        file.flush()
        assert (target.read_bytes() if target.exists() else None) == before
        whole.store(file)
        assert target.read_bytes() == text
    assert list(target.parent.iterdir()) == [target]


def test_what_is_appended_to_grows(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    for text in (b"one", b"two"):
        plain = storage(target)
        file = plain.open(SPIDER)
        file.write(text)
        plain.store(file)
    assert target.read_bytes() == b"onetwo"


def test_what_could_not_be_written_is_not_published(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    target.write_bytes(b"old")
    whole = storage(target, overwrite=True)
    file: Any = whole.open(SPIDER)
    file.write(b"one")
    with Path("/dev/full").open("wb", buffering=0) as full:
        good, file.file = file.file, full
        with pytest.raises(OSError, match="No space left"):
            file.write(b"two")
        file.file = good
    file.write(b"three")
    with pytest.raises(OSError, match="No space left"):
        whole.store(file)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
