"""Reading captures back: our own WARC files, and those of other tools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from warcio.bufferedreaders import ChunkedDataReader
from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from crawler.captures import ARTICLE, LINK
from crawler.captures.framing import Damage, holds_records, read_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crawler.captures.framing import Record

NAMES = ("*.warc", "*.warc.gz")
HTTP = StatusAndHeadersParser([f"HTTP/{version}" for version in ("1.0", "1.1", "2.0", "2", "3")])


@dataclass(frozen=True, slots=True)
class Capture:
    """A response as it was received; `link` and `article_id` are null in files of other tools.

    `body` is still content-encoded; `fetched_at` is in UTC, in whole milliseconds.
    """

    url: str
    link: str | None
    article_id: str | None
    fetched_at: datetime
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def capture_files(path: Path) -> list[Path]:
    """The WARC files of a folder and all folders in it, by name, or the one file itself.

    Raises ValueError with one line when there is none.
    """
    if path.is_dir():
        found = {file for name in NAMES for file in path.rglob(name) if file.is_file()}
        if not found:
            raise ValueError(f"{path} holds no file *.warc or *.warc.gz")
        return sorted(found, key=lambda file: (file.name, file))
    try:
        if holds_records(path):
            return [path]
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    raise ValueError(f"{path} is no WARC file")


def read_captures(
    path: Path, is_wanted: Callable[[str, str | None], bool] = lambda _url, _article: True
) -> Iterator[Capture | Damage]:
    """The responses of a WARC file, and where it cannot be read.

    `is_wanted`: by address and article, whether a response is to be read; the others are passed
    over at little cost.
    """
    try:
        yield from _read_captures(path, is_wanted)
    except OSError as error:
        yield Damage(path, 0, error.strerror or str(error))


def _read_captures(
    path: Path, is_wanted: Callable[[str, str | None], bool]
) -> Iterator[Capture | Damage]:
    for record in read_records(path):
        if isinstance(record, Damage):
            yield record
            continue
        if not _is_response(record) or not is_wanted(*_about(record)):
            continue
        try:
            yield _capture(record)
        except (StatusAndHeadersParserException, ValueError, EOFError) as error:
            reason = f"not a response that can be read: {' '.join(str(error).split())}"
            yield Damage(path, record.offset, reason, in_record=True)


def _is_response(record: Record) -> bool:
    kind: str = record.headers.get_header("WARC-Type", "")
    content: str = record.headers.get_header("Content-Type", "")
    return kind.lower() == "response" and content.lower().startswith("application/http")


def _about(record: Record) -> tuple[str, str | None]:
    told = record.headers.get_header
    return told("WARC-Target-URI", "").strip("<>"), told(ARTICLE)


def _capture(record: Record) -> Capture:
    told = record.headers.get_header
    url, article_id = _about(record)
    block = BytesIO(record.block)
    head = HTTP.parse(block)
    body = block.read()
    # Tools that listen on the wire keep it as it came.
    if "chunked" in head.get_header("Transfer-Encoding", "").lower():
        body = ChunkedDataReader(BytesIO(body)).read()
    time = datetime.fromisoformat(told("WARC-Date", "")).astimezone(UTC)
    return Capture(
        url=url,
        link=told(LINK),
        article_id=article_id,
        fetched_at=time.replace(microsecond=time.microsecond // 1000 * 1000),
        status=int(head.get_statuscode()),
        headers=head.headers,
        body=body,
    )
