"""What a monitor says of a crawl."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["ok", "failed", "skipped"]
STATUSES: dict[str, Status] = {"OK": "ok", "SKIPPED": "skipped"}
# Messages go into log lines, mails and the run's document.
LONGEST = 500
# Of an exception's class, what its last line holds before the name.
CLASS_PATH = re.compile(r"^(?:\w+\.)+(?=\w+: )")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A monitor's name, how it came out, and why it did not come out well."""

    name: str
    status: Status
    message: str | None = None

    @property
    def line(self) -> str:
        """The name with the reason."""
        return f"{self.name}: {self.message}" if self.message else self.name


def verdict_of(result: Any) -> Verdict:
    """The verdict by Spidermon's result of a monitor; one that broke has failed."""
    status = STATUSES.get(result.status, "failed")
    return Verdict(result.item.monitor_name, status, reason_of(result))


def reason_of(result: Any) -> str | None:
    """Why a monitor or an action did not come out well, in one line."""
    if result.reason is not None:
        text = str(result.reason)
    else:
        # The last line of a traceback, the only one that a reader can use.
        text = CLASS_PATH.sub("", (result.error or "").strip().rpartition("\n")[2])
    return " ".join(text.split())[:LONGEST] or None
