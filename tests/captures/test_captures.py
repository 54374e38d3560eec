"""WARC files: what is written can be read, and damage costs no more than it must."""

from __future__ import annotations

import gzip
import random
import resource
import zlib
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.captures.framing import Damage
from crawler.captures.reading import Capture, capture_files, read_captures
from crawler.captures.writing import CaptureWriter, Exchange

if TYPE_CHECKING:
    from pathlib import Path

TIME = datetime(2021, 12, 31, 7, 7, 45, 123000, UTC)
ADDRESS = "http://127.0.0.1:80/beifangwang/2021/12/31/2021123101.html?a=1"
HEADERS = [
    (b"Content-Type", b"text/html"),
    (b"X-Name", "金".encode()),
    (b"Via", b"a"),
    (b"Via", b"b"),
]


def exchange(body: bytes = b"body", **changes: Any) -> Exchange:
    values: dict[str, Any] = {"url": ADDRESS, "fetched_at": TIME, "status": 200}
    return Exchange(**{**values, "headers": HEADERS, "body": body, **changes})


def write(folder: Path, *exchanges: Exchange, file_bytes: int = 10**9) -> list[Path]:
    """The files of a writer that wrote these."""
    writer = CaptureWriter(folder, file_bytes, {"software": "finews/1", "operator": "a@b.example"})
    for one in exchanges:
        writer.write(one)
    writer.close()
    return capture_files(folder)


def records(file: Path) -> list[Any]:
    """A file's records as warcio sees them, with digests checked."""
    found = []
    with file.open("rb") as stream:
        archive = ArchiveIterator(stream, check_digests="raise")
        for record in archive:
            record.content = record.raw_stream.read()
            record.offset = archive.get_record_offset()
            assert record.digest_checker.passed
            found.append(record)
    return found


def offsets(file: Path) -> list[int]:
    """Where each record begins."""
    return [record.offset for record in records(file)]


def bodies(file: Path) -> list[bytes]:
    return [found.body for found in read_captures(file) if isinstance(found, Capture)]


def damages(file: Path) -> list[Damage]:
    return [found for found in read_captures(file) if isinstance(found, Damage)]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    link = "https://finews.withounder.com/beifangwang/2021/12/31/2021123101.html"
    [file] = write(tmp_path, exchange(bytes(range(256)), link=link, article_id="2021123101"))
    [capture] = read_captures(file)
    assert isinstance(capture, Capture)
    assert (capture.url, capture.link, capture.article_id) == (ADDRESS, link, "2021123101")
    assert (capture.status, capture.fetched_at) == (200, TIME)
    assert capture.body == bytes(range(256))
    assert capture.headers == [(name.decode(), value.decode()) for name, value in HEADERS]


def test_warcio_finds_every_record_whole(tmp_path: Path) -> None:
    asked = [
        (b"User-Agent", b"finews"),
        (b"Proxy-Authorization", b"secret"),
        (b"Cookie", b"secret"),
    ]
    [file] = write(tmp_path, exchange(request_headers=asked, address="127.0.0.1"), exchange())
    info, response, request, *_ = found = records(file)
    kinds = ["warcinfo", "response", "request", "response", "request"]
    assert [record.rec_type for record in found] == kinds
    assert info.rec_headers["WARC-Filename"] == file.name
    assert {b"software: finews/1", b"operator: a@b.example"} < {*info.content.splitlines()}
    assert b"conformsTo: http" in info.content
    assert response.rec_headers["WARC-Date"] == "2021-12-31T07:07:45.123Z"
    assert response.rec_headers["WARC-IP-Address"] == "127.0.0.1"
    assert "Finews-Link" not in response.rec_headers
    assert response.rec_headers["WARC-Warcinfo-ID"] == info.rec_headers["WARC-Record-ID"]
    assert request.rec_headers["WARC-Concurrent-To"] == response.rec_headers["WARC-Record-ID"]
    assert request.rec_headers["WARC-Date"] == response.rec_headers["WARC-Date"]
    assert request.http_headers.protocol == "GET"
    assert request.http_headers.statusline.split()[0] == ADDRESS.partition(":80")[2]
    assert request.http_headers.headers == [("Host", "127.0.0.1:80"), ("User-Agent", "finews")]
    assert b"secret" not in gzip.decompress(file.read_bytes())


def test_headers_are_kept_byte_for_byte_but_for_what_is_no_longer_true(tmp_path: Path) -> None:
    headers = [*HEADERS, (b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"999")]
    [file] = write(tmp_path, exchange(b"1234", headers=headers, status=503))
    content = gzip.decompress(file.read_bytes())
    head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nX-Name: 金\r\n"
    assert f"{head}Via: a\r\nVia: b\r\nContent-Length: 4\r\n\r\n1234".encode() in content


@pytest.mark.parametrize("status", [299, 999])
def test_a_status_without_a_name_is_written_too(tmp_path: Path, status: int) -> None:
    [file] = write(tmp_path, exchange(status=status))
    [capture] = read_captures(file)
    assert isinstance(capture, Capture)
    assert capture.status == status


def test_a_file_is_followed_by_another_when_it_is_large_enough(tmp_path: Path) -> None:
    files = write(tmp_path, *(exchange(str(n).encode()) for n in range(4)), file_bytes=1)
    assert [file.name.rpartition("-")[2] for file in files] == [
        f"{n:05}.warc.gz" for n in (1, 2, 3, 4)
    ]
    assert [body for file in files for body in bodies(file)] == [b"0", b"1", b"2", b"3"]
    assert all(record.rec_type == "warcinfo" for file in files for record in records(file)[:1])


def test_two_writers_share_no_file(tmp_path: Path) -> None:
    one, other = (CaptureWriter(tmp_path, 10**9, {}) for _ in range(2))
    other.serial = 1
    one.write(exchange(b"one"))
    other.write(exchange(b"other"))
    for writer in (one, other):
        writer.close()
    assert sorted(body for file in capture_files(tmp_path) for body in bodies(file)) == [
        b"one",
        b"other",
    ]


def test_what_is_written_can_be_read_at_once(tmp_path: Path) -> None:
    """As after a kill: nothing waits in the process."""
    writer = CaptureWriter(tmp_path, 10**9, {})
    writer.write(exchange())
    [file] = capture_files(tmp_path)
    assert len(records(file)) == 3
    writer.close()


def test_nothing_follows_a_record_that_could_not_be_written(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path, 10**9, {})
    writer.write(exchange(b"before"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            writer.write(exchange(random.Random(1).randbytes(10_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    writer.write(exchange(b"after"))
    writer.close()
    first, second = capture_files(tmp_path)
    assert (bodies(first), bodies(second)) == ([b"before"], [b"after"])
    assert [damage.cut for damage in damages(first)] == [True]


def test_a_writer_without_anything_to_write_makes_no_file(tmp_path: Path) -> None:
    CaptureWriter(tmp_path / "new" / "folder", 10**9, {}).close()
    assert list((tmp_path / "new" / "folder").iterdir()) == []


def test_a_file_cut_anywhere_gives_all_records_before_the_cut(tmp_path: Path) -> None:
    [file] = write(tmp_path, *(exchange(bytes([n]) * 50) for n in range(3)))
    content, starts = file.read_bytes(), offsets(file)
    for length in range(1, len(content)):
        file.write_bytes(content[:length])
        ends = [*starts[1:], len(content)]
        whole = sum(end <= length for end in ends[1::2])
        assert bodies(file) == [bytes([n]) * 50 for n in range(whole)]
        found = damages(file)
        at_border = length in starts
        assert [damage.cut for damage in found] == ([] if at_border else [True]), length
        if found:
            assert found[0].offset == max(start for start in starts if start < length)


def inflated(member: bytes) -> bytes | None:
    """What a gzip member holds; None when it is broken."""
    try:
        return gzip.decompress(member)
    except (OSError, EOFError, zlib.error):
        return None


def test_damage_names_its_place_and_costs_one_record_at_most(tmp_path: Path) -> None:
    [file] = write(tmp_path, *(exchange(bytes([n]) * 5000) for n in range(3)))
    content, starts = file.read_bytes(), offsets(file)
    start, end = starts[3], starts[4]
    for place in range(start, end):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        # Some bits mean nothing: the time in a gzip header, what fills up a byte.
        if inflated(broken[start:end]) == inflated(content[start:end]):
            continue
        file.write_bytes(broken)
        # A member that only does not end costs nothing: its record's digest says it is whole.
        assert [body for body in bodies(file) if body != bytes([1]) * 5000] == [
            bytes([n]) * 5000 for n in (0, 2)
        ], place
        assert [(d.offset, d.cut) for d in damages(file)] == [(start, False)], place


def test_a_hole_in_a_file_is_passed(tmp_path: Path) -> None:
    [file] = write(tmp_path, *(exchange(bytes([n]) * 50) for n in range(3)))
    content, starts = file.read_bytes(), offsets(file)
    file.write_bytes(content[: starts[1] + 20] + content[starts[4] + 10 :])
    assert bodies(file) == [b"\2" * 50]
    assert [(d.offset, d.cut) for d in damages(file)] == [(starts[1], False)]


def plain(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes())


def test_an_uncompressed_file_is_read_and_its_damage_is_found(tmp_path: Path) -> None:
    [file] = write(tmp_path, *(exchange(bytes([n + 65]) * 50) for n in range(3)))
    content = plain(file)
    file.unlink()
    file = tmp_path / "plain.warc"
    file.write_bytes(content)
    assert bodies(file) == [b"A" * 50, b"B" * 50, b"C" * 50]
    start = content.index(b"WARC/1.1\r\nWARC-Date", content.index(b"A" * 50))
    start = content.index(b"WARC/1.1", start + 1)
    assert content.index(b"B" * 50) > start
    broken = {
        "digest": content.replace(b"B" * 50, b"B" * 49 + b"X"),
        "too long": content[:start]
        + content[start:].replace(b"Content-Length: 1", b"Content-Length: 2", 1),
        "no number": content[:start]
        + content[start:].replace(b"Content-Length: ", b"Content-Length: x", 1),
        "beyond the end": content[:start]
        + content[start:].replace(b"Content-Length: ", b"Content-Length: 9", 1),
        "no record": content[:start] + b"X" + content[start + 1 :],
    }
    for name, changed in broken.items():
        assert changed != content
        file.write_bytes(changed)
        assert bodies(file) == [b"A" * 50, b"C" * 50], name
        assert [(d.offset, d.cut) for d in damages(file)] == [(start, False)], name
    file.write_bytes(content[:-300])
    assert [damage.cut for damage in damages(file)] == [True]


def test_a_file_in_one_gzip_member_is_read(tmp_path: Path) -> None:
    [file] = write(tmp_path, *(exchange(bytes([n]) * 100_000) for n in range(3)))
    file.write_bytes(gzip.compress(plain(file)))
    assert bodies(file) == [bytes([n]) * 100_000 for n in range(3)]
    assert damages(file) == []


def test_a_record_larger_than_a_crawl_takes_is_not_held(tmp_path: Path) -> None:
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999999\r\n\r\n"
    file = tmp_path / "bomb.warc.gz"
    file.write_bytes(gzip.compress(head + bytes(10**6)))
    [damage] = read_captures(file)
    assert isinstance(damage, Damage)
    assert "99,999,999,999 bytes" in damage.reason


def test_what_other_tools_write_is_read(tmp_path: Path) -> None:
    """WARC/1.0 in whole seconds, chunked as on the wire, with records of other kinds."""
    file = tmp_path / "other.warc.gz"
    chunked = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with file.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        head = StatusAndHeaders("200 OK", [("Transfer-Encoding", "chunked")], protocol="HTTP/1.1")
        date = {"WARC-Date": "2021-12-31T07:07:45Z"}
        for kind, address in (("metadata", "metadata:x"), ("resource", "file:x")):
            writer.write_record(writer.create_warc_record(address, kind, BytesIO(b"x"), 1))
        page = {"http_headers": head, "warc_headers_dict": date, "length": len(chunked)}
        writer.write_record(
            writer.create_warc_record(f"<{ADDRESS}>", "response", BytesIO(chunked), **page)
        )
    [capture] = read_captures(file)
    assert isinstance(capture, Capture)
    assert (capture.url, capture.link, capture.article_id) == (ADDRESS, None, None)
    assert capture.body == b"abcde"
    assert capture.fetched_at == TIME.replace(microsecond=0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"WARC-Date: 2021-12-31T07:07:45.123Z", b"WARC-Date: 2021-12-31T07:07:45.1x3Z"),
        (b"HTTP/1.1 200 OK", b"nonsense 200 OK"),
    ],
)
def test_a_response_that_makes_no_sense_is_damage(
    tmp_path: Path, field: bytes, value: bytes
) -> None:
    [file] = write(tmp_path, exchange())
    content = plain(file).replace(b"WARC-Block-Digest", b"X-Digest").replace(field, value)
    file.write_bytes(content)
    [damage] = read_captures(file)
    assert isinstance(damage, Damage)
    assert damage.reason.startswith("not a response that can be read: ")
    assert damage.offset == content.index(b"WARC/1.1\r\n", 1)


def test_files_are_found_by_name_in_all_folders(tmp_path: Path) -> None:
    for place in ("b/1.warc.gz", "a/2.warc", "3.warc.gz", "4.txt"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(b"WARC/1.1")
    assert [file.name for file in capture_files(tmp_path)] == ["1.warc.gz", "2.warc", "3.warc.gz"]
    assert capture_files(tmp_path / "4.txt") == [tmp_path / "4.txt"]


def test_what_holds_no_captures_is_said(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>")
    (tmp_path / "page.gz").write_bytes(zlib.compress(b"x"))
    for place, why in (
        ("", "holds no file"),
        ("page.html", "is no WARC file"),
        ("page.gz", "is no WARC file"),
        ("none", "No such file"),
    ):
        with pytest.raises(ValueError, match=why):
            capture_files(tmp_path / place)
