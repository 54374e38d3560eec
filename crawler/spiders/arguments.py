"""What a spider's `-a` arguments may be. Each reader raises ValueError with one line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from crawler.addresses import is_info_code
from crawler.article import SHANGHAI
from crawler.captures.reading import capture_files
from crawler.dates import moments
from crawler.parts import Part


def words(text: str) -> list[str]:
    """Words apart by commas."""
    found = [word.strip() for word in text.split(",") if word.strip()]
    if not found:
        raise ValueError("is empty")
    return found


def flag(text: str) -> bool:
    """1 or 0."""
    if text.lower() in ("1", "true", "yes"):
        return True
    if text.lower() in ("0", "false", "no", ""):
        return False
    raise ValueError(f"{text!r} is neither 1 nor 0")


def since(text: str) -> datetime:
    """The first moment of a day, or a time."""
    return moments(text)[0]


def until(text: str) -> datetime:
    """The last moment of a day, of a minute or of a second."""
    return moments(text)[1]


def observed(text: str) -> datetime:
    """A time in the past."""
    time = moments(text)[0]
    # As precise as the store keeps it.
    time = time.replace(microsecond=time.microsecond // 1000 * 1000)
    if time > datetime.now(SHANGHAI):
        raise ValueError(f"{text!r} is in the future")
    return time


def part(text: str) -> Part:
    """One of several parts: 2/3."""
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise ValueError(f"{text!r} is no part such as 2/3")
    return Part(int(number), int(of))


def codes(text: str) -> list[str]:
    """InfoCodes apart by commas."""
    return [_code(word) for word in words(text)]


def codes_file(text: str) -> list[str]:
    """infoCodes, one a line; blank lines and lines that begin with # are passed over."""
    path = Path(text).expanduser()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{text}: {getattr(error, 'strerror', None) or error}") from None
    stripped = [line.strip() for line in lines]
    found = [_code(line) for line in stripped if line and not line.startswith("#")]
    if not found:
        raise ValueError(f"{text} holds no infoCode")
    return found


def _code(word: str) -> str:
    if not is_info_code(word):
        raise ValueError(f"{word!r} is no infoCode (NW and 18 digits)")
    return word


def folder(text: str) -> Path:
    """An existing folder."""
    path = Path(text).expanduser()
    if not path.is_dir():
        raise ValueError(f"{text} is no folder")
    return path


def captures(text: str) -> Path:
    """A WARC file, or a folder that holds some."""
    path = Path(text).expanduser()
    capture_files(path)
    return path
