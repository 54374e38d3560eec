"""pymongo's threads, at the end of a process."""

import atexit
from contextlib import suppress

from pymongo.synchronous import monitor


def leave_threads() -> None:
    """Let this process end while pymongo's threads sleep.

    Once their client is closed they have nothing to do but to wake up, twice a second, and see
    that; pymongo has every process wait for it. They are daemons, so nothing else does.
    """
    # It has no name for others, and may be called otherwise one day.
    with suppress(AttributeError):
        atexit.unregister(monitor._shutdown_resources)
