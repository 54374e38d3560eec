"""Storages on loopback: a real FTP server, and one that takes uploads as S3 and Google's do."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from base64 import b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import google_crc32c

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FTP_SERVER = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_user("user", "p@ss", sys.argv[1], perm="elradfmw")
server = FTPServer(("127.0.0.1", 0), FTPHandler)
print(server.address[1], flush=True)
server.serve_forever()
"""


S3 = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
# Boto would send checksums in between, which this server does not take apart.
S3 |= {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required", "AWS_MAX_ATTEMPTS": "1"}


@contextmanager
def ftp_server(folder: Path) -> Iterator[str]:
    """The address of an FTP server of a folder, its user with it."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", FTP_SERVER, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield f"user:p%40ss@127.0.0.1:{port}"
        process.kill()


class Bucket:
    """A server that takes uploads as S3 and Google's storage do; `objects` by their path."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.status = 200
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def _handler(bucket) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if bucket.status == 200:
                    bucket.objects[self.path] = body
                checksum = b64encode(google_crc32c.Checksum(body).digest()).decode()
                told = {"name": "x", "size": str(len(body)), "crc32c": checksum}
                # Google answers in JSON, S3 with headers alone.
                self._answer(told if self.path.startswith("/upload/") else None)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer({}, Location=f"{bucket.url}{self.path.partition('?')[0]}")

            def _answer(self, told: dict[str, str] | None, **headers: str) -> None:
                body = json.dumps(told).encode() if told is not None else b""
                self.send_response(bucket.status)
                headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


@contextmanager
def bucket_server() -> Iterator[Bucket]:
    """A server that runs."""
    bucket = Bucket()
    thread = threading.Thread(target=bucket.http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield bucket
    finally:
        bucket.http.shutdown()
        thread.join()
        bucket.http.server_close()
