"""Signals that ask for an end in order."""

from __future__ import annotations

import signal


class Signals:
    """Whether a signal asked for the end; a second one does not wait for it."""

    def __init__(self) -> None:
        self.asked = self.urged = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_or_urge)
        # Shell and kernel may both tell that the terminal is closed.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True

    def _ask_or_urge(self, *_: object) -> None:
        if self.asked:
            self.urged = True
            raise KeyboardInterrupt
        self.asked = True
