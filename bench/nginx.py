"""nginx on loopback, which serves a generated site faster than anything asks for it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTING_SECONDS = 10.0
SHARES = "127.0.0.2"
CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000;
  charset utf-8;
  types {{ text/html html; application/xml xml; application/json json; text/plain txt; }}
  client_body_temp_path {scratch}/body;
  proxy_temp_path {scratch}/proxy;
  fastcgi_temp_path {scratch}/fastcgi;
  uwsgi_temp_path {scratch}/uwsgi;
  scgi_temp_path {scratch}/scgi;
  server {{
    listen 127.0.0.1:{port};
    listen {shares}:{port};
    root {folder}/www;
    location = /NewsData/GetNewsText.do {{ root {folder}/share; try_files /$arg_id.json =404; }}
  }}
}}
"""


def find() -> str | None:
    """Where nginx is, which is not on everybody's path; None where it is not."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def serve(folder: Path, scratch: Path) -> Iterator[tuple[str, str]]:
    """Serve a folder that holds www/ and share/; the addresses of both, which end in a slash.

    They are two hosts, as the real ones are, so that each has its own requests at a time. Raises
    FileNotFoundError where nginx is not installed.
    """
    program = find()
    if program is None:
        raise FileNotFoundError("nginx is missing: apt-get install nginx-light")
    scratch.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A master that is root gives its workers to another user, who cannot read private folders.
    user = "user root;" if os.geteuid() == 0 else ""
    text = CONFIGURATION.format(user=user, scratch=scratch, folder=folder, port=port, shares=SHARES)
    (scratch / "nginx.conf").write_text(text)
    command = [program, "-p", str(scratch), "-c", str(scratch / "nginx.conf")]
    process = subprocess.Popen([*command, "-e", str(scratch / "error.log")])
    url, shares = f"http://127.0.0.1:{port}/", f"http://{SHARES}:{port}/"
    try:
        _wait_for(f"{url}robots.txt")
        yield url, shares
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str) -> None:
    ends = time.monotonic() + STARTING_SECONDS
    while True:
        try:
            with urlopen(url, timeout=STARTING_SECONDS):
                return
        except URLError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.02)
