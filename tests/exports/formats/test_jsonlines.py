"""JSON lines in contract form."""

from __future__ import annotations

import io
import json

import pytest

from crawler.exports.formats.jsonlines import ArticleLines


def test_a_record_is_one_line_of_utf_8() -> None:
    file = io.BytesIO()
    exporter = ArticleLines(file)
    for title in ("中国\n\u2028", "b"):
        exporter.export_item({"id": "a", "title": title, "tags": []})
    lines = file.getvalue().split(b"\n")
    assert lines[0] == '{"id":"a","title":"中国\\n\u2028","tags":[]}'.encode()
    assert json.loads(lines[1]) == {"id": "a", "title": "b", "tags": []}
    assert lines[2:] == [b""]


def test_what_json_cannot_hold_is_an_error() -> None:
    with pytest.raises(TypeError):
        ArticleLines(io.BytesIO()).export_item({"id": object()})
