"""The upstream's JSON answer for an infoCode."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crawler.addresses import share_url
from crawler.article import Observation
from crawler.dates import normalise_date
from crawler.pages.body import Body, read_body
from crawler.pages.errors import PageError
from crawler.pages.tree import holds_picture, parse_fragment, plain_text, seen_text, shows_text

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

    def _texts(self, *names: str) -> list[str]:
        """The values of these fields that hold anything."""
        values = [self.answer.get(name) for name in names]
        return [value for value in values if isinstance(value, str) and value.strip()]

    def _text(self, *names: str) -> str | None:
        return next(iter(self._texts(*names)), None)

    @cached_property
    def body(self) -> Body:
        """Of two bodies the one with more to read."""
        trees = [parse_fragment(html) for html in self._texts(*BODY_FIELDS)] or [parse_fragment("")]
        of_two = len(trees) > 1
        return read_body(max(trees, key=lambda t: len(seen_text(t))) if of_two else trees[0])

    @property
    def has_body(self) -> bool:
        return shows_text(self.body.tree) or holds_picture(self.body.tree)

    @property
    def says_anything(self) -> bool:
        """Whether there is more than the infoCode that it was asked by."""
        told = (self.title, self.published_raw, self.medium, self.digest)
        return self.has_body or any(told)

    @property
    def title(self) -> str | None:
        return plain_text(self._text("title"))

    @property
    def published_raw(self) -> str | None:
        """The first that can be read, else the first; a number is an epoch."""
        values = [self.answer.get(name) for name in DATE_FIELDS]
        numbers = [str(value) for value in values if type(value) is int]
        texts = [*self._texts(*DATE_FIELDS), *numbers]
        readable = (text for text in texts if normalise_date(text))
        return next(readable, next(iter(texts), None))

    @property
    def medium(self) -> str | None:
        return plain_text(self._text(*MEDIUM_FIELDS))

    @property
    def digest(self) -> str | None:
        return plain_text(self._text("digest"))

    def observation(self, article_id: str, observed_at: datetime) -> Observation:
        """What this answer says of the article."""
        body = self.body
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
