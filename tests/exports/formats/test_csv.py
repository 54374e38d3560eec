"""CSV: read back by others, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from crawler.article import ARTICLE_FIELDS
from crawler.exports.formats.csv import CsvRows
from tests.exports.formats.conftest import record


def written(records: list[dict[str, Any]], **options: Any) -> bytes:
    file = io.BytesIO()
    exporter = CsvRows(file, **options)
    exporter.start_exporting()
    for one in records:
        exporter.export_item(one)
    exporter.finish_exporting()
    return file.getvalue()


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_it_is_read_back(records: list[dict[str, Any]]) -> None:
    rows = read(written(records))
    assert tuple(rows[0]) == ARTICLE_FIELDS
    assert [row["id"] for row in rows] == [one["id"] for one in records]
    assert rows[1]["title"] == records[1]["title"]
    assert rows[0]["securities"] == "601318.SH 中国平安; NIO.US 蔚来"
    assert rows[0]["boards"] == "BK0493 新能源"
    assert rows[0]["revision"] == "1"
    assert rows[2]["published_at"] == rows[2]["tags"] == ""
    assert json.loads(rows[0]["provenance"]) == records[0]["provenance"]


def test_lines_and_quotation_marks_stay_in_their_cell() -> None:
    text = '一,"二"\n三\r\n四'
    [row] = read(written([record(content_text=text)]))
    assert row["content_text"] == text


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_would_run_is_text(sign: str) -> None:
    formula = f"{sign}cmd|' /C calc'!A1"
    [row] = read(written([record(title=formula, tags=[formula], source="a" + formula)]))
    assert row["title"] == row["tags"] == "'" + formula
    assert row["source"] == "a" + formula


def test_the_mark_for_excel_is_an_option(records: list[dict[str, Any]]) -> None:
    plain = written(records)
    assert plain.startswith(b"id,url")
    assert written(records, bom=True) == b"\xef\xbb\xbf" + plain
