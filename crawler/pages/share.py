"""The upstream's JSON answer for an infoCode."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crawler.addresses import share_url
from crawler.article import Observation
from crawler.pages.body import read_body
from crawler.pages.errors import PageError
from crawler.pages.tree import parse_fragment, plain_text

if TYPE_CHECKING:
    from datetime import datetime

BODY_FIELDS = ("text", "content")
DATE_FIELDS = ("showtime", "datetime")
MEDIUM_FIELDS = ("medianame", "from")


class ShareAnswer:
    """What the upstream tells of one article; its body can be empty."""

    def __init__(self, body: bytes, info_code: str) -> None:
        """Read an answer. Raises PageError when it is not a JSON object."""
        try:
            answer = json.loads(body)
        except ValueError as error:
            raise PageError(f"not JSON: {error}") from None
        except RecursionError:
            raise PageError("not JSON: nested too deeply") from None
        if not isinstance(answer, dict):
            raise PageError("not a JSON object")
        self.answer: dict[str, Any] = answer
        self.info_code = info_code

    def _text(self, names: tuple[str, ...]) -> str | None:
        values = [value for name in names if isinstance(value := self.answer.get(name), str)]
        return max((value for value in values if value.strip()), key=len, default=None)

    @property
    def html(self) -> str | None:
        return self._text(BODY_FIELDS)

    @property
    def title(self) -> str | None:
        return plain_text(self._text(("title",)))

    @property
    def published_raw(self) -> str | None:
        return self._text(DATE_FIELDS)

    @property
    def medium(self) -> str | None:
        return plain_text(self._text(MEDIUM_FIELDS))

    @property
    def digest(self) -> str | None:
        return plain_text(self._text(("digest",)))

    def observation(self, article_id: str, observed_at: datetime) -> Observation:
        """What this answer says of the article."""
        body = read_body(parse_fragment(self.html or ""))
        url = share_url(self.info_code)
        return Observation(
            id=article_id,
            kind="share",
            address=url,
            observed_at=observed_at,
            share_url=url,
            title=self.title,
            digest=self.digest or body.digest,
            published_raw=self.published_raw,
            source=self.medium or body.source,
            tree=body.tree,
        )
