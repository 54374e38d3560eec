"""What a crawl logs: nothing below its level, and errors in one line each unless that is DEBUG."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scrapy.settings import Settings


def describe(error: BaseException) -> str:
    """An exception in one line, without its class where the message can stand alone."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def fold_log(settings: Settings) -> None:
    """From now on log records carry their exception's message instead of its traceback."""
    level = str(settings.get("LOG_LEVEL")).upper()
    if level == "DEBUG":
        return
    # Scrapy would have every record made, and then leave out those below its handler's level.
    for name in (None, "scrapy"):
        logging.getLogger(name).setLevel(level)
    plain = logging.getLogRecordFactory()

    def folded(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = plain(*args, **kwargs)
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            message = " ".join(record.getMessage().split("Traceback", 1)[0].split())
            record.msg, record.args = f"{message} ({type(error).__name__}: {error})", None
            record.exc_info = record.exc_text = None
        return record

    logging.setLogRecordFactory(folded)
