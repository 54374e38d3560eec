"""Writing captures: WARC/1.1, one gzip member a record, so that a kill costs the last at most."""

from __future__ import annotations

import os
import re
import socket
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from threading import Lock
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.captures import ARTICLE, LINK
from crawler.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    Fields = Iterable[tuple[bytes, bytes]]

FORMAT = {
    "format": "WARC File Format 1.1",
    "conformsTo": (
        "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
    ),
}
NOT_IN_NAME = re.compile(r"[^A-Za-z0-9.]+")
SECRET = frozenset({b"authorization", b"proxy-authorization", b"cookie"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response. `body` is still content-encoded; `fetched_at` is in UTC."""

    url: str
    fetched_at: datetime
    status: int
    headers: Fields
    body: bytes
    method: str = "GET"
    request_headers: Fields = ()
    address: str | None = None
    link: str | None = None
    article_id: str | None = None


class CaptureWriter:
    """Writes exchanges into files of its own, a new one after `file_bytes`; for many threads."""

    def __init__(self, folder: Path, file_bytes: int, about: Mapping[str, str]) -> None:
        """Make the folder if it is missing and try it; raises OSError when it cannot be written.

        `about` goes into the record that each file begins with.
        """
        self.folder = folder
        self.file_bytes = file_bytes
        self.about = {**about, **FORMAT, "hostname": socket.gethostname()}
        self.serial = 0
        self.file: IO[bytes] | None = None
        self.lock = Lock()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass

    def write(self, exchange: Exchange) -> None:
        """Write one exchange and hand it to the system. Raises OSError."""
        with self.lock:
            try:
                file = self.file or self._begin()
                self._write(exchange)
            except OSError:
                # What comes next must not stand behind half a record.
                self._end()
                raise
            if file.tell() >= self.file_bytes:
                self._end()

    def close(self) -> None:
        """Close the file that is being written."""
        with self.lock:
            self._end()

    def _begin(self) -> IO[bytes]:
        time = now()
        self.serial += 1
        host = NOT_IN_NAME.sub("_", socket.gethostname())
        stamp = f"{time:%Y%m%d%H%M%S}{time.microsecond // 1000:03}"
        name = f"finews-{stamp}-{host}-{os.getpid()}-{self.serial:05}.warc.gz"
        file = self.file = (self.folder / name).open("xb")
        self.writer = WARCWriter(file, gzip=True, warc_version="1.1")
        info = self.writer.create_warcinfo_record(name, self.about)
        info.rec_headers.replace_header("WARC-Date", _date(time))
        self.info_id = info.rec_headers.get_header("WARC-Record-ID")
        self.writer.write_record(info)
        return file

    def _end(self) -> None:
        file, self.file = self.file, None
        if file is not None:
            # What could not be written was told when it was tried.
            with suppress(OSError):
                file.close()

    def _write(self, exchange: Exchange) -> None:
        response = self._record(
            "response",
            exchange,
            _Head("HTTP/1.1", _status(exchange.status), _true(exchange)),
            exchange.body,
        )
        parts = urlsplit(exchange.url)
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        asked = [(name, v) for name, v in exchange.request_headers if name.lower() not in SECRET]
        if not any(name.lower() == b"host" for name, _ in asked):
            asked.insert(0, (b"Host", parts.netloc.rpartition("@")[2].encode()))
        request = self._record(
            "request", exchange, _Head(exchange.method, f"{path} HTTP/1.1", asked), b""
        )
        response_id = response.rec_headers.get_header("WARC-Record-ID")
        request.rec_headers.add_header("WARC-Concurrent-To", response_id)
        for record in (response, request):
            self.writer.write_record(record)

    def _record(self, kind: str, exchange: Exchange, head: _Head, body: bytes) -> Any:
        fields = {"WARC-Date": _date(exchange.fetched_at), "WARC-Warcinfo-ID": self.info_id}
        if kind == "response":
            told = {
                "WARC-IP-Address": exchange.address,
                LINK: exchange.link,
                ARTICLE: exchange.article_id,
            }
            fields.update({name: value for name, value in told.items() if value})
        return self.writer.create_warc_record(
            exchange.url,
            kind,
            payload=BytesIO(body),
            length=len(body),
            warc_headers_dict=fields,
            http_headers=head,
        )


class _Head(StatusAndHeaders):  # type: ignore[misc]
    """First line and headers, byte for byte: warcio would write other letters than ASCII anew."""

    def __init__(self, protocol: str, line: str, headers: Fields) -> None:
        texts = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        super().__init__(line, texts, protocol=protocol)

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        self.headers_buff = self.to_bytes(header_filter, encoding="latin-1")


def _true(exchange: Exchange) -> Fields:
    """The response's headers without what is no longer true of the body once it is received."""
    for name, value in exchange.headers:
        if name.lower() == b"content-length":
            yield name, str(len(exchange.body)).encode()
        elif name.lower() != b"transfer-encoding":
            yield name, value


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} "


def _date(time: datetime) -> str:
    """A WARC-Date with its milliseconds."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
