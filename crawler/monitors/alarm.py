"""What is told of a crawl whose monitors failed."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crawler.monitors.verdict import Verdict, verdict_of

ARTICLES = ("new", "changed", "unchanged")


class AlarmError(Exception):
    """An alarm that did not get out; the message is one line, without passwords and addresses."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """The run, and the verdicts of the monitors that failed."""

    run: str | None
    spider: str
    arguments: Mapping[str, str]
    host: str
    failed: Sequence[Verdict]
    stats: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """Whose monitors failed, in a line that holds nothing of what the site said."""
        names = ", ".join(verdict.name for verdict in self.failed)
        return f"finews: monitors failed on {self.host}: {names}"

    @property
    def text(self) -> str:
        """For people: the failures, a line each, and which run it was."""
        given = " ".join(f"-a {name}={value}" for name, value in self.arguments.items())
        lines = [verdict.line for verdict in self.failed]
        crawl = " ".join(filter(None, ("finews crawl", self.spider, given)))
        return "\n".join([self.subject, "", *lines, "", f"{crawl} (run {self.run})"])

    @property
    def document(self) -> dict[str, Any]:
        """For programs; `text` is what chats show that take such documents."""
        return {
            "text": self.text,
            "run": self.run,
            "spider": self.spider,
            "arguments": dict(self.arguments),
            "host": self.host,
            "failed": [{"name": one.name, "message": one.message} for one in self.failed],
            "finish_reason": self.stats.get("finish_reason"),
            "requests": self.stats.get("downloader/request_count", 0),
            "articles": {name: self.stats.get(f"finews/articles/{name}", 0) for name in ARTICLES},
            "rejected": self.stats.get("finews/rejected", 0),
        }


def alarm_of(result: Any, data: Any) -> Alarm:
    """The alarm by what Spidermon gives its actions."""
    settings = data.crawler.settings
    return Alarm(
        run=settings.get("RUN_ID"),
        spider=data.spider.name,
        arguments=settings.getdict("RUN_ARGUMENTS"),
        host=socket.gethostname(),
        failed=[verdict_of(one) for one in result.monitors_failed_results],
        stats=data.stats,
    )
