"""The upstream's share answers, by infoCode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from crawler.spiders import arguments
from crawler.spiders.base import LedgerSpider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class NewsShareSpider(LedgerSpider):
    """Asks the share API for articles; those that it no longer has are missing."""

    name = "newsshare"
    arguments: ClassVar = {
        "codes": arguments.codes,
        "codes_file": arguments.codes_file,
        "missing": arguments.flag,
    }
    required = ("codes", "codes_file", "missing")

    def __init__(
        self,
        codes: list[str] | None = None,
        codes_file: list[str] | None = None,
        missing: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.codes = list(dict.fromkeys([*(codes or []), *(codes_file or [])]))
        self.owed_too = missing

    async def start(self) -> AsyncIterator[Any]:
        """The given codes, and if asked for those that the ledger owes."""
        await self.in_store(self.ledger.release_dead)
        links = {link.url: link for link in map(self.site.share, self.codes)}
        if self.owed_too:
            for link in await self.in_store(self.ledger.owed, "share"):
                links.setdefault(link.url, link)
        self.crawler.stats.set_value("finews/posts_listed", len(links))
        if not links:
            self.crawler.stats.set_value("finews/nothing_to_do", "no share answer is owed")
        for link in await self.take(list(links.values()), again=True):
            yield self.ask(link, self.parse_share_alone)
