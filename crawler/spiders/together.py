"""Calls to the ledger that are made together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scrapy.exceptions import CloseSpider

from crawler.addresses import Link

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence


@dataclass(slots=True)
class _Waiting:
    links: list[Link]
    answered: asyncio.Future[list[Link]]


# So long the first who asks waits for others: no download waits with it.
SECONDS = 0.05


class Together:
    """Puts the links of all who ask at about the same time, or during a call, into the next one.

    A post at a time leads to one share answer and one category page, and a call to the store costs
    nearly the same for one link as for twenty.
    """

    def __init__(
        self,
        call: Callable[[list[Link]], Awaitable[Sequence[Link] | None]],
        seconds: float = SECONDS,
    ) -> None:
        """`call`: is given links, each once, and answers some of them, or nothing."""
        self.call = call
        self.seconds = seconds
        self.waiting: list[_Waiting] = []
        self.task: asyncio.Task[None] | None = None

    async def __call__(self, links: Sequence[Link]) -> list[Link]:
        """Those of the links that were answered, each to one of those who asked for it.

        Raises what the call raises.
        """
        once = list({link.url: link for link in links}.values())
        if not once:
            return []
        waiting = _Waiting(once, asyncio.get_running_loop().create_future())
        self.waiting.append(waiting)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._answer_all())
        return await waiting.answered

    async def _answer_all(self) -> None:
        while self.waiting:
            await asyncio.sleep(self.seconds)
            together, self.waiting = self.waiting, []
            await self._answer([one for one in together if not one.answered.cancelled()])

    async def _answer(self, together: list[_Waiting]) -> None:
        links = list({link.url: link for one in together for link in one.links}.values())
        try:
            answer = await self.call(links) if links else None
        except CloseSpider as error:
            _tell(together, error)
        except Exception as error:
            # One of them may be to blame.
            if len(together) == 1:
                _tell(together, error)
            else:
                for one in together:
                    await self._answer([one])
        except BaseException:
            for one in together:
                one.answered.cancel()
            raise
        else:
            free = {link.url for link in answer or ()}
            for one in together:
                if not one.answered.cancelled():
                    own = [link for link in one.links if link.url in free]
                    free.difference_update(link.url for link in own)
                    one.answered.set_result(own)


def _tell(together: list[_Waiting], error: Exception) -> None:
    for one in together:
        if not one.answered.cancelled():
            one.answered.set_exception(error)
