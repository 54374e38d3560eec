"""The header Retry-After (RFC 9110): seconds, or a date."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def seconds_of(value: bytes | None, now: datetime) -> float | None:
    """How long to wait from now on, never less than 0; None where it says nothing."""
    text = value.decode("latin-1").strip() if value else ""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    if then.tzinfo is None:
        return None
    return max((then - now).total_seconds(), 0.0)
