"""Dates: every form that sources and users write, read exactly or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from dateutil.parser import isoparse

from crawler.article import SHANGHAI, PublishedAt

if TYPE_CHECKING:
    from crawler.article import Precision

PAGE_PREFIX = re.compile(r"^\(GMT\+8, *Asia/Shanghai, *CST\)\s*")
CHINESE_DATE = re.compile(r"(\d{4}) *年 *(\d{1,2}) *月 *(\d{1,2}) *日", re.ASCII)
CHINESE_TIME = re.compile(r"(\d{1,2}) *[时点] *(\d{1,2}) *分(?: *(\d{1,2}) *秒)?", re.ASCII)
OFFSET = r"[+-](?:(?:0?\d|1[0-4])(?::[0-5]\d)?|(?:0\d|1[0-4])[0-5]\d)"
FORM = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"(?:(?: *T *| +)(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?)?"
    rf" *(?P<zone>Z|UTC|GMT|CST|(?:UTC|GMT)?{OFFSET})?",
    re.IGNORECASE | re.ASCII,
)
EPOCH = re.compile(r"\d{10}(?:\d{3})?", re.ASCII)
# Ten digits that are an hour as well, 2021123115, are not known to be seconds.
HOUR = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-4])", re.ASCII
)
# Full-width signs, from ！ to ～, and the ideographic space.
HALF_WIDTH = {0x3000: 0x20} | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
UTC_NAMES = frozenset({"UTC", "GMT", "Z"})
MOMENT = timedelta(microseconds=1)
LONGEST_KNOWN = 64
# Jekyll reads a date without a zone as UTC and shows it in Shanghai's.
ARTEFACT = timedelta(hours=8)
# Sources have had their zone since noon of this day (posts of both kinds are known from it).
LAST_DAY_WITHOUT_ZONES = date(2021, 12, 8)


def normalise_date(text: str | None) -> PublishedAt | None:
    """The time that a date text tells, in Asia/Shanghai; None when it is no date of a known form.

    Reads ISO 8601 and RFC 3339, `2021年12月31日 15:07`, the page's `(GMT+8, Asia/Shanghai, CST) …`,
    and epochs of 10 (seconds) or 13 digits (milliseconds). Without a zone it is Shanghai time, and
    CST is +08:00. Nothing is guessed: a date that does not exist is None, and so is one with
    anything around it.
    """
    if text is None:
        return None
    # It is read once as what a source says, and again as what the source tells.
    return _known(text) if len(text) <= LONGEST_KNOWN else _told(text)


def _told(text: str) -> PublishedAt | None:
    text = text.translate(HALF_WIDTH).strip()
    text = PAGE_PREFIX.sub("", text)
    if EPOCH.fullmatch(text):
        return None if HOUR.fullmatch(text) else _epoch(text)
    text = CHINESE_DATE.sub(r"\1-\2-\3 ", text).strip()
    text = CHINESE_TIME.sub(_colons, text)
    match = FORM.fullmatch(text)
    return _read(match) if match else None


_known = lru_cache(256)(_told)


def moments(text: str) -> tuple[datetime, datetime]:
    """The first and the last moment of a day, minute, second or fraction of one that a user gave.

    Raises ValueError for what is no time.
    """
    told = normalise_date(text)
    if told is None:
        raise ValueError(f"{text!r} is no date such as 2021-12-31 or 2021-12-31T15:07:45+08:00")
    if told.precision == "day":
        return told.time, datetime.combine(told.time.date(), time.max, SHANGHAI)
    match = FORM.fullmatch(text.strip())
    if match and match["fraction"]:
        fraction = timedelta(microseconds=int(match["fraction"][:6].ljust(6, "0")))
        return told.time + fraction, told.time + fraction
    length = timedelta(minutes=1) if told.precision == "minute" else timedelta(seconds=1)
    return told.time, told.time + length - MOMENT


def without_artefact(shown: PublishedAt, id_day: date | None) -> PublishedAt:
    """The time that a page or feed shows, less the site's eight hours where the id proves them.

    That is: the id's day is of the time when sources had no zone, the shown time is on the next
    day, and eight hours earlier it was the id's day. Elsewhere the page alone cannot tell.
    """
    if id_day is None or id_day > LAST_DAY_WITHOUT_ZONES or shown.precision == "day":
        return shown
    meant = shown.time - ARTEFACT
    late = shown.time.date() == id_day + timedelta(days=1) and meant.date() == id_day
    return replace(shown, time=meant) if late else shown


def _colons(match: re.Match[str]) -> str:
    return ":".join(part.zfill(2) for part in match.groups() if part is not None)


def _epoch(digits: str) -> PublishedAt:
    milliseconds = int(digits) if len(digits) == 13 else int(digits) * 1000
    return PublishedAt(datetime.fromtimestamp(milliseconds // 1000, tz=SHANGHAI), "second")


def _read(match: re.Match[str]) -> PublishedAt | None:
    year, month, day = match.group("year", "month", "day")
    hour, minute, second, zone = match.group("hour", "minute", "second", "zone")
    if hour is None and zone is not None:
        return None
    next_day = hour == "24"
    if next_day and (minute + (second or "") + (match["fraction"] or "")).strip("0"):
        return None
    clock = f"{'00' if next_day else hour or '00':0>2}:{minute or '00'}:{second or '00'}"
    try:
        told = isoparse(f"{year}-{month:0>2}-{day:0>2}T{clock}{_offset(zone)}")
        told = told.astimezone(SHANGHAI) + timedelta(days=next_day)
    except (ValueError, OverflowError):
        return None
    precision: Precision = "day" if hour is None else "minute" if second is None else "second"
    return PublishedAt(told, precision)


def _offset(zone: str | None) -> str:
    """A zone in words as +HH:MM, so that dateutil has nothing to guess."""
    if zone is None or zone.upper() == "CST":
        return "+08:00"
    if zone.upper() in UTC_NAMES:
        return "+00:00"
    sign, digits = "-" if "-" in zone else "+", re.sub(r"\D", "", zone)
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "00")
    return f"{sign}{hours.zfill(2)}:{minutes}"
