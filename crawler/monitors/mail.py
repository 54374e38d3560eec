"""An alarm as an e-mail, handed to a server by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING

from spidermon.core.actions import Action
from spidermon.exceptions import SkipAction

from crawler.monitors.alarm import AlarmError, alarm_of

if TYPE_CHECKING:
    from scrapy.settings import Settings

# Here a server expects TLS from the first byte.
TLS_PORT = 465


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    seconds: float = 10.0


class MailAlarm(Action):
    """Mails an alarm to MONITOR_MAIL_TO."""

    def run_action(self) -> None:
        settings = self.data.crawler.settings
        to = settings.get("MONITOR_MAIL_TO")
        if not to:
            raise SkipAction("MONITOR_MAIL_TO is not set")
        alarm = alarm_of(self.result, self.data)
        sender = settings.get("MONITOR_MAIL_FROM") or to.split(",")[0].strip()
        send(message_of(alarm.subject, alarm.text, sender, to), server_of(settings))


def server_of(settings: Settings) -> MailServer:
    """The server that settings name."""
    return MailServer(
        host=settings["MONITOR_SMTP_HOST"],
        port=settings.getint("MONITOR_SMTP_PORT"),
        tls=settings.getbool("MONITOR_SMTP_TLS"),
        user=settings.get("MONITOR_SMTP_USER"),
        password=settings.get("MONITOR_SMTP_PASSWORD"),
        seconds=settings.getfloat("MONITOR_TIMEOUT_SECONDS"),
    )


def message_of(subject: str, text: str, sender: str, to: str) -> EmailMessage:
    """A plain message in UTF-8."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, sender, to
    message["Date"] = formatdate()
    message.set_content(text.encode("utf-8", "replace").decode())
    return message


def send(message: EmailMessage, server: MailServer) -> None:
    """Hand a message over. Raises AlarmError."""
    context = ssl.create_default_context()
    try:
        with _connect(server, context) as smtp:
            if server.tls and server.port != TLS_PORT:
                smtp.starttls(context=context)
            if server.user:
                smtp.login(server.user, server.password or "")
            smtp.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise AlarmError(f"{server.host}:{server.port} does not take it: {reason}") from None


def _connect(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.tls and server.port == TLS_PORT:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.seconds, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=server.seconds)
