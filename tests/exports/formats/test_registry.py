"""Formats by name and by the ends of names, and their compression."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
import zstandard

from crawler.exports.formats.registry import FORMATS, form_of
from settings import base


@pytest.mark.parametrize(
    ("name", "format_", "compression"),
    [
        ("", "jsonl", ""),
        ("a", "jsonl", ""),
        ("a.txt", "jsonl", ""),
        ("a.jsonl.gz", "jsonl", ".gz"),
        ("a.gz", "jsonl", ".gz"),
        ("s3://b/a.csv.zst", "csv", ".zst"),
        ("a.b/c.xml", "atom", ""),
        ("a.json", "jsonfeed", ""),
        ("a.parquet", "parquet", ""),
    ],
)
def test_the_end_of_a_name_tells_the_format(name: str, format_: str, compression: str) -> None:
    form = form_of(name)
    assert (form.format.name, form.compression) == (format_, compression)


def test_the_format_that_is_asked_for_goes_before() -> None:
    assert form_of("a.json", "jsonl").format.name == "jsonl"


@pytest.mark.parametrize("name", ["a.atom.gz", "a.parquet.zst", "a.json.gz"])
def test_only_lines_are_compressed(name: str) -> None:
    with pytest.raises(ValueError, match="is for jsonl and csv"):
        form_of(name)


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_lines_are_compressed_the_same_each_time(
    records: list[dict[str, Any]], ending: str
) -> None:
    first, again = io.BytesIO(), io.BytesIO()
    form = form_of(f"a.jsonl{ending}")
    assert form.write(records, first) == form.write(records, again) == 4
    assert first.getvalue() == again.getvalue()
    if ending == ".gz":
        # No time and no name in its head.
        assert first.getvalue()[3:8] == bytes(5)
    unpacked = {
        "": bytes,
        ".gz": gzip.decompress,
        ".zst": lambda data: zstandard.ZstdDecompressor().stream_reader(data).read(),
    }[ending](first.getvalue())
    assert [json.loads(line) for line in unpacked.splitlines()] == records


def test_crawls_know_every_format_too() -> None:
    assert {FORMATS[name].exporter for name in FORMATS} == set(base.FEED_EXPORTERS.values())
    assert set(FORMATS) <= set(base.FEED_EXPORTERS)
