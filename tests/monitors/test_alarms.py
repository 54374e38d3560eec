"""A failed monitor goes out, as JSON and as mail; what does not get out is one line."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from crawler.monitors.alarm import AlarmError
from crawler.monitors.mail import MailServer, message_of, send
from crawler.monitors.webhook import post
from tests.monitors.smtp import serve_mail

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY = {"finews/last_failure": "http://x/金融: HTTP 500", "downloader/request_count": 3}
LINE = "nothing crawled: http://x/金融: HTTP 500; check the address and whether its server is up"


class Hook(ThreadingHTTPServer):
    """Keeps what is posted to it, and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Posted)
        self.posted: list[tuple[str, dict[str, str], Any]] = []
        self.status, self.location = 200, ""
        self.url = f"http://127.0.0.1:{self.server_port}/hook/secret"


class Posted(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_failed_monitor_is_posted_as_json(judge: Any, hook: Hook) -> None:
    judge(EMPTY, MONITOR_WEBHOOK=hook.url, RUN_ARGUMENTS={"category": "x"})
    [(path, headers, document)] = hook.posted
    assert path == "/hook/secret"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    text = document.pop("text")
    host = socket.gethostname()
    assert text.splitlines() == [
        f"finews: monitors failed on {host}: empty_crawl",
        "",
        f"empty_crawl: {LINE}",
        "",
        "finews crawl finews -a category=x (run r1)",
    ]
    assert document == {
        "run": "r1",
        "spider": "finews",
        "arguments": {"category": "x"},
        "host": host,
        "failed": [{"name": "empty_crawl", "message": LINE}],
        "finish_reason": "finished",
        "requests": 3,
        "articles": {"new": 0, "changed": 0, "unchanged": 0},
        "rejected": 0,
    }


def test_a_crawl_that_passes_is_nobodys_alarm(judge: Any, hook: Hook) -> None:
    judge({"finews/posts_seen": 1}, MONITOR_WEBHOOK=hook.url)
    judge({"finish_reason": "shutdown"}, MONITOR_WEBHOOK=hook.url)
    assert hook.posted == []


def test_a_failed_monitor_is_mailed(judge: Any, caplog: pytest.LogCaptureFixture) -> None:
    with serve_mail(("me", "s3cret")) as server:
        judge(
            EMPTY,
            MONITOR_MAIL_TO="a@example.org, b@example.org",
            MONITOR_SMTP_HOST="127.0.0.1",
            MONITOR_SMTP_PORT=server.server_address[1],
            MONITOR_SMTP_USER="me",
            MONITOR_SMTP_PASSWORD="s3cret",
            MONITOR_SMTP_TLS=False,
        )
    [message] = server.messages
    assert server.recipients == ["TO:<a@example.org>", "TO:<b@example.org>"]
    assert message["From"] == "a@example.org"
    assert message["Subject"].endswith(": empty_crawl")
    assert f"empty_crawl: {LINE}" in message.get_content().splitlines()
    assert "no alarm" not in caplog.text


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_alarm_that_does_not_get_out_is_one_line_without_the_address(
    judge: Any, hook: Hook, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    hook.status, hook.location = status, hook.url if status == 302 else ""
    stats = judge(EMPTY, MONITOR_WEBHOOK=hook.url)
    assert len(hook.posted) == 1
    lines = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert lines == [f"no alarm by PostAlarm: AlarmError: 127.0.0.1 answers HTTP {status}"]
    assert "secret" not in caplog.text
    assert len(stats["finews/monitors_failed"]) == 1


def test_a_hook_that_is_not_there_or_says_nothing_is_given_up() -> None:
    with pytest.raises(AlarmError, match=r"127\.0\.0\.1 does not take it: .*refused"):
        post("http://127.0.0.1:9/", {}, 10)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/secret"
        with pytest.raises(AlarmError, match=r"127\.0\.0\.1 does not take it: \w+") as caught:
            post(url, {}, 0.1)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "replies", "reason"),
    [
        ({"user": "me", "password": "s3cret", "tls": False}, {}, "wrong password"),
        ({"tls": True}, {}, "STARTTLS extension not supported"),
        ({"tls": False}, {"": "554 no"}, "554"),
        ({"tls": False}, {"RCPT": "550 unknown"}, "unknown"),
        ({"tls": False}, {"DATA": "451 later"}, "later"),
    ],
    ids=["password", "no TLS", "greeting", "recipient", "data"],
)
def test_a_mail_server_that_does_not_take_it_is_one_line_without_the_password(
    given: dict[str, Any], replies: dict[str, str], reason: str
) -> None:
    with serve_mail(("me", "other"), **replies) as server:
        target = MailServer("127.0.0.1", server.server_address[1], **given)
        with pytest.raises(AlarmError) as caught:
            send(message_of("s", "t", "a@example.org", "b@example.org"), target)
    assert server.messages == []
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in f"{caught.value}{target}"


def test_what_a_mail_server_cannot_encode_is_replaced() -> None:
    message = message_of("s", "half \ud800", "a@example.org", "b@example.org")
    assert message.get_content() == "half ?\n"
