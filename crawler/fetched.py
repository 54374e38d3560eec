"""What is known of a response that was stored: enough to ask whether it has changed since."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fetched:
    """The validators of a response, in HTTP's own words, and a digest of what was read of it."""

    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None

    @property
    def fields(self) -> dict[str, str | None]:
        """The fields of its link in the store."""
        return {"etag": self.etag, "last_modified": self.last_modified, "digest": self.digest}

    @property
    def conditions(self) -> dict[str, str]:
        """The request headers that ask for a body only if it is another."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}
