"""Raw captures: what was fetched, as received, in WARC files. Knows no engine and no page."""

from __future__ import annotations

LINK, ARTICLE = "Finews-Link", "Finews-Article"
"""Fields of our own in a response's record: the ledger's link that was asked for, and its article.

The address asked for need not tell them: base URLs differ, redirects lead elsewhere, and a share
link belongs to an article of another id.
"""
