"""A process that ends when the one that started it does, however that ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Whoever sets this holds the other end of our standard input, and nobody else does.
VARIABLE = "FINEWS_TETHER"
# This program, whatever lies in the folder where it is run.
PROGRAM = (sys.executable, "-P", "-m", "crawler.commands.cli")
# What is under way is finished in so many seconds, or given up.
GRACE_SECONDS = 30.0


def tethered(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a process that is started with a pipe as its standard input."""
    return {**environment, VARIABLE: "1"}


def hold_on() -> None:
    """End as by SIGTERM when standard input closes, if whoever started us wants that."""
    if os.environ.pop(VARIABLE, None):
        threading.Thread(target=_watch, name="tether", daemon=True).start()


def _watch() -> None:
    # Unbuffered: a buffered reader would be locked when the interpreter ends.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
