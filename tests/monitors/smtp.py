"""A real SMTP server on loopback that keeps what it is handed."""

from __future__ import annotations

import base64
import socketserver
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage


class Server(socketserver.ThreadingTCPServer):
    """Takes mail from the user it knows, or from everybody; `replies` are what it says instead."""

    daemon_threads = True

    def __init__(self, login: tuple[str, str] | None, replies: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.login, self.replies = login, replies
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []


class Session(socketserver.StreamRequestHandler):
    server: Server

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say(self.server.replies.get("", "220 ready"))
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if verb.upper() in self.server.replies:
                self.say(self.server.replies[verb.upper()])
            elif verb.upper() == "EHLO":
                self.say("250-here")
                self.say("250 AUTH PLAIN")
            elif verb.upper() == "AUTH":
                _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
                known = (user, password) == self.server.login
                self.say("235 welcome" if known else "535 wrong password")
            elif verb.upper() == "RCPT":
                self.server.recipients.append(rest)
                self.say("250 ok")
            elif verb.upper() == "DATA":
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                content = message_from_bytes(b"".join(lines), policy=policy.default)
                self.server.messages.append(content)
                self.say("250 taken")
            elif verb.upper() == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


@contextmanager
def serve_mail(login: tuple[str, str] | None = None, **replies: str) -> Iterator[Server]:
    """A server as long as the block runs; its port is `server_address[1]`."""
    with Server(login, replies) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
