"""What the counters of one crawl tell: links, share answers, writes and HTTP codes that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.tally import total

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES = "downloader/response_status_count/"
# Not allowed, too many requests; every 5xx besides.
UNWANTED = frozenset({403, 429})


def error_share(stats: Mapping[str, Any], most: float, least: int) -> str | None:
    """Too large a share of links without an answer, or broken by an error of this program."""
    failed = total(stats, "finews/failed/") + int(stats.get("spider_exceptions/count", 0))
    asked = total(stats, "finews/asked/")
    return _too_many(failed, asked, most, least, "links failed")


def share_failures(
    stats: Mapping[str, Any], most: float, least: int, missing_too: bool
) -> str | None:
    """Too large a share of share answers that did not come, are empty or cannot be read.

    `missing_too`: the links are the site's own, so that a 404 is a failure as well.
    """
    names = ["failed/share", "empty_shares", "rejected_at/page/share"]
    failed = sum(stats.get(f"finews/{name}", 0) for name in names)
    failed += stats.get("finews/missing/share", 0) if missing_too else 0
    asked = stats.get("finews/asked/share", 0)
    return _too_many(failed, asked, most, least, "share answers failed")


def write_failures(stats: Mapping[str, Any], most: int) -> str | None:
    """A store that failed, or more articles that it refused than it may."""
    if error := stats.get("finews/store_error"):
        return f"the store failed ({error})"
    refused = stats.get("finews/rejected_at/store", 0)
    if refused <= most:
        return None
    return f"the store refused {refused:,} articles (at most {most:,} may be)"


def http_codes(stats: Mapping[str, Any], most: float, least: int) -> str | None:
    """Too large a share of answers with codes that say no; each try counts."""
    codes = {int(key[len(CODES) :]): n for key, n in stats.items() if key.startswith(CODES)}
    unwanted = {code: n for code, n in codes.items() if code in UNWANTED or code >= 500}
    told = ", ".join(f"{n:,} × HTTP {code}" for code, n in sorted(unwanted.items()))
    what = f"answers had unwanted codes: {told}"
    return _too_many(sum(unwanted.values()), sum(codes.values()), most, least, what)


def _too_many(part: int, whole: int, most: float, least: int, what: str) -> str | None:
    """A share above the most that is borne; of few it says nothing."""
    if whole < max(least, 1) or part <= most * whole:
        return None
    return f"{part:,} of {whole:,} {what} ({part / whole:.0%}, at most {most:.0%} may be)"
