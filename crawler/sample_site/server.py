"""The sample site's server: a process of its own on loopback, on a port that is free."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
TYPES = {".html": "text/html; charset=utf-8", ".xml": "application/xml", ".css": "text/css"}
ROBOTS = b"User-agent: *\nAllow: /\n"
LAST_MODIFIED = formatdate(1640966400, usegmt=True)


@dataclass(frozen=True, slots=True)
class SampleSite:
    """A running sample site. `url` ends in a slash and serves pages and share answers."""

    url: str

    def requests(self) -> list[str]:
        """The paths asked for so far, in order."""
        with urlopen(f"{self.url}_requests", timeout=10) as answer:
            paths: list[str] = json.load(answer)
            return paths


@contextmanager
def serve(folder: Path = FOLDER) -> Iterator[SampleSite]:
    """Run the server of a folder that holds www/ and share/; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler.sample_site.server", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield SampleSite(process.stdout.readline().strip())
    finally:
        process.communicate()


class Handler(BaseHTTPRequestHandler):
    """Static pages, share answers, robots.txt, and the list of requests."""

    protocol_version = "HTTP/1.1"
    folder = FOLDER
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        """Answer a request."""
        parts = urlsplit(self.path)
        if parts.path == "/_requests":
            self._answer(200, "application/json", json.dumps(self.asked).encode())
            return
        self.asked.append(self.path)
        if parts.path == "/robots.txt":
            self._answer(200, "text/plain", ROBOTS)
            return
        file = self._file(parts.path, parts.query)
        if file is None:
            self._answer(404, "text/plain", b"not found\n")
        else:
            kind = TYPES.get(file.suffix, "application/json")
            self._answer(200, kind, file.read_bytes())

    def _file(self, path: str, query: str) -> Path | None:
        if path == "/NewsData/GetNewsText.do":
            name = parse_qs(query).get("id", [""])[0]
            root, file = self.folder / "share", self.folder / "share" / f"{name}.json"
        else:
            root = self.folder / "www"
            file = root / unquote(path).lstrip("/")
            file = file / "index.html" if file.is_dir() else file
        inside = file.resolve().is_relative_to(root.resolve())
        return file if inside and file.is_file() else None

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        if status == 200 and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", LAST_MODIFIED)
        self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the demo's terminal is not a log."""


def main() -> None:
    """Serve the folder named on the command line until standard input closes."""
    Handler.folder = Path(sys.argv[1])
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        # Whoever started us holds our standard input; when it dies, however, we end too.
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
