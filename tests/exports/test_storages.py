"""Where a crawl's files go: whole, when the crawl has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy import Spider

from crawler.exports.storages import WholeFileStorage

if TYPE_CHECKING:
    from pathlib import Path

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
