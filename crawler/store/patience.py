"""Waiting for a store that is slow or away, for so long and no longer."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, TypeVar

import pymongo
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 120.0
# All of a try's time pymongo waits for a server that is gone; a slow one gets more the next time.
FIRST_TRY_SECONDS = 5.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
TRANSIENT_LABELS = (
    *("TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError"),
)
# Cursors that a restart ended, elections, shutdowns, time limits.
TRANSIENT_CODES = frozenset({43, 50, 89, 91, 112, 189, 262, 10107, 11600, 11602, 13435, 13436})

# What a server says that is only just starting; whoever opened a store made sure of sessions.
NO_SESSIONS = "Sessions are not supported"

logger = logging.getLogger(__name__)


class Patience:
    """Makes calls to a server again while it is away; shared by all calls to one store."""

    def __init__(self, revive: Callable[[], None], seconds: float = PATIENCE_SECONDS) -> None:
        """`revive` is called before each further try, and may raise to end it."""
        self.revive = revive
        self.seconds = seconds
        # Set and read by the threads of all calls.
        self._away_since: float | None = None

    def call(self, call: Callable[[], Answer]) -> Answer:
        """The answer of a call that may be made twice.

        Raises what the server raised when that cannot pass, or when it was away for too long.
        """
        pause, longest_try = SHORTEST_PAUSE, FIRST_TRY_SECONDS
        while True:
            try:
                with pymongo.timeout(min(longest_try, self._left())):
                    answer = call()
            except PyMongoError as error:
                if not is_transient(error) or self._is_over(error):
                    raise
                time.sleep(pause * random.uniform(0.5, 1.5))
                pause, longest_try = min(2 * pause, LONGEST_PAUSE), 2 * longest_try
                self.revive()
            else:
                self._away_since = None
                return answer

    def _left(self) -> float:
        """Seconds that the server may still take; one try is always made."""
        now = time.monotonic()
        return max(self.seconds - (now - (self._away_since or now)), 1.0)

    def _is_over(self, error: PyMongoError) -> bool:
        now = time.monotonic()
        since = self._away_since
        if since is None:
            since = self._away_since = now
            logger.warning(
                "the store does not answer (%s), waiting for it up to %g s",
                line_of(error)[:300],
                self.seconds,
            )
        return now - since >= self.seconds


def is_transient(error: PyMongoError) -> bool:
    """Whether the same call may succeed a little later."""
    if isinstance(error, (ConnectionFailure, WTimeoutError)) or error.timeout:
        return True
    if any(map(error.has_error_label, TRANSIENT_LABELS)):
        return True
    if isinstance(error, ConfigurationError):
        return NO_SESSIONS in str(error)
    return isinstance(error, OperationFailure) and error.code in TRANSIENT_CODES


def line_of(error: BaseException) -> str:
    """An error's message on one line, without what pymongo adds of its own state."""
    text = " ".join(str(error).split())
    if isinstance(error, BulkWriteError) and error.details.get("writeErrors"):
        text = " ".join(str(error.details["writeErrors"][0]["errmsg"]).split())
    for more in (", full error", " (configured timeouts", ", Timeout: ", ", Topology Description"):
        text = text.partition(more)[0]
    return text or type(error).__name__
