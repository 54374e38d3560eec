"""The dead letters: what was rejected is read once more, from the raw input that was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from crawler.article import ArticleItem
from crawler.spiders import arguments
from crawler.spiders.kept import KeptSpider
from crawler.spiders.reading import READERS, Input, read_input

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crawler.spiders.reading import Reading
    from crawler.store.rejects import Kept

LINKS = frozenset({"post", "share"})
# What is read with its whole file only.
AGAIN = {
    "capture": "read its file again: finews crawl archive -a warc=PATH",
    "import": "read its file again: finews import FILE",
}


class RejectsSpider(KeptSpider):
    """Reads rejects again; what can be read and stored now is a reject no more."""

    name = "rejects"
    arguments: ClassVar = {"ids": arguments.words, "stage": str}

    def __init__(
        self, ids: list[str] | None = None, stage: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.ids, self.stage = ids or [], stage
        self.mended: list[str] = []

    async def items(self) -> AsyncIterator[ArticleItem]:
        """What each reject says, the oldest first."""
        chosen = await self.in_store(self.choose)
        self.crawler.stats.set_value("finews/posts_listed", len(chosen))
        if not chosen:
            self.crawler.stats.set_value("finews/nothing_to_do", "nothing is rejected")
        for key in chosen:
            kept = await self.in_store(self.rejects.get, key)
            if kept is not None:
                for item in await self.read(kept):
                    yield item

    def choose(self) -> list[str]:
        """The ids of the rejects to be read."""
        return [kept.id for kept in self.rejects.select(self.stage, self.ids)]

    async def read(self, kept: Kept) -> list[ArticleItem]:
        """The items of a reject, and what else it tells; it stays when it cannot be read."""
        if kept.kind not in READERS or kept.is_cut:
            await self.leave(kept)
            return []
        given = Input(kept.kind, kept.url, kept.article_id, kept.raw, kept.observed_at)
        try:
            reading = read_input(given, self.site)
        except Exception as error:
            reject = await self.keep(given, kept.url, f"{type(error).__name__}: {error}")
            if reject.key != kept.id:
                await self.in_store(self.rejects.remove, kept.id)
            await self.owe(kept, reject.reason)
            return []
        if reading.problem is not None:
            await self.keep(given, kept.url, reading.problem)
        return await self.take_over(kept, reading)

    async def leave(self, kept: Kept) -> None:
        """Nothing can be read of it here; it is asked for again, or its file has to be read."""
        reason = AGAIN.get(kept.kind, "its raw input was not kept as a whole")
        self.note_reject(kept.url, reason)
        await self.owe(kept, reason)

    async def owe(self, kept: Kept, reason: str) -> None:
        """Let the next crawl ask for the link of a reject, if it has one."""
        if kept.kind in LINKS:
            await self.in_store(self.ledger.settle, [kept.url], "owed", reason, True)

    async def take_over(self, kept: Kept, reading: Reading) -> list[ArticleItem]:
        """The items of what was read; without any the reject is mended already.

        A share answer without a body is none by itself: it is asked for again.
        """
        await self.discover(reading.links)
        observations = reading.observations if reading.done else []
        links = [kept.url] if kept.kind in LINKS else []
        mends = [kept.id] if len(observations) == 1 and reading.problem is None else []
        if not reading.done:
            await self.owe(kept, "the answer is empty")
        if not mends and reading.problem is None:
            self.mended.append(kept.id)
        return [ArticleItem(o.id, [o], links, mends) for o in observations]

    async def all_answered(self) -> None:
        """Lists and feeds are mended when all that they tell is stored, or rejected by itself."""
        for key in self.mended:
            await self.in_store(self.rejects.remove, key)
