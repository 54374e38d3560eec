"""Calls to the ledger that are made together."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.exceptions import CloseSpider

from crawler.addresses import Link
from crawler.spiders.together import Together
from crawler.store.errors import StoreFailure
from crawler.store.links import Ledger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LINKS = [Link(f"http://x/{number}", "share", str(number)) for number in range(6)]


class SlowStore:
    """Answers a call when it is told to; `calls` are the links of each."""

    def __init__(self, answer: Callable[[list[Link]], Any] = lambda links: links) -> None:
        self.calls: list[list[Link]] = []
        self.answers = asyncio.Semaphore(0)
        self.answer = answer

    async def __call__(self, links: list[Link]) -> Any:
        self.calls.append(links)
        await self.answers.acquire()
        return self.answer(links)

    def let(self, number: int) -> None:
        for _ in range(number):
            self.answers.release()


async def begun(*calls: Awaitable[Any]) -> list[asyncio.Future[Any]]:
    tasks = [asyncio.ensure_future(call) for call in calls]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


def test_who_asks_at_about_the_same_time_is_answered_by_one_call() -> None:
    async def scenario() -> None:
        store = SlowStore()
        store.let(1)
        together = Together(store)
        asked = [await begun(together([link])) for link in LINKS[:3]]
        assert store.calls == []
        assert [await one for [one] in asked] == [[link] for link in LINKS[:3]]
        assert store.calls == [LINKS[:3]]

    asyncio.run(scenario())


def test_what_comes_while_a_call_is_under_way_goes_into_the_next() -> None:
    async def scenario() -> None:
        store = SlowStore()
        together = Together(store, 0)
        first = await begun(together(LINKS[:1]))
        others = await begun(*(together([link]) for link in LINKS[1:5]))
        store.let(2)
        answers = await asyncio.gather(*first, *others)
        assert store.calls == [LINKS[:1], LINKS[1:5]]
        assert answers == [[link] for link in LINKS[:5]]

    asyncio.run(scenario())


def test_a_link_is_given_to_one_of_those_who_ask_for_it() -> None:
    async def scenario() -> None:
        store = SlowStore()
        together = Together(store, 0)
        busy = await begun(together(LINKS[5:]))
        asking = await begun(together(LINKS[:2]), together([LINKS[1], LINKS[2], LINKS[2]]))
        store.let(2)
        await asyncio.gather(*busy)
        assert await asyncio.gather(*asking) == [LINKS[:2], [LINKS[2]]]
        assert store.calls[1] == LINKS[:3]

    asyncio.run(scenario())


def test_what_is_not_answered_is_nobodys_and_a_call_may_answer_nothing() -> None:
    async def scenario(answer: Any, wanted: list[list[Link]]) -> None:
        store = SlowStore(answer)
        together = Together(store, 0)
        asking = await begun(*(together([link]) for link in LINKS[:3]))
        store.let(3)
        assert await asyncio.gather(*asking) == wanted

    asyncio.run(scenario(lambda links: links[1:2], [[], [LINKS[1]], []]))
    asyncio.run(scenario(lambda links: None, [[], [], []]))


def test_all_who_wait_are_told_of_a_failure_and_the_next_call_is_made() -> None:
    async def scenario() -> None:
        def failing(links: list[Link]) -> list[Link]:
            if LINKS[2] not in links:
                raise StoreFailure("gone")
            return links

        store = SlowStore(failing)
        together = Together(store, 0)
        store.let(9)
        asking = [together([link]) for link in LINKS[:2]]
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert [str(answer) for answer in answers] == ["gone", "gone"]
        assert await together(LINKS[2:3]) == LINKS[2:3]

    asyncio.run(scenario())


def test_what_is_wrong_with_one_link_is_told_to_who_asked_for_it() -> None:
    async def scenario() -> None:
        def picky(links: list[Link]) -> list[Link]:
            if LINKS[1] in links:
                raise ValueError("no such link")
            return links

        store = SlowStore(picky)
        together = Together(store, 0)
        store.let(9)
        asking = [together([link]) for link in LINKS[:3]]
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert (answers[0], answers[2]) == ([LINKS[0]], [LINKS[2]])
        assert str(answers[1]) == "no such link"

    asyncio.run(scenario())


def test_a_lost_store_is_asked_once_for_all() -> None:
    async def scenario() -> None:
        def lost(links: list[Link]) -> list[Link]:
            raise CloseSpider("store_failed")

        store = SlowStore(lost)
        together = Together(store, 0)
        store.let(9)
        answers = await asyncio.gather(
            *(together([link]) for link in LINKS[:3]), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [CloseSpider] * 3
        assert len(store.calls) == 1

    asyncio.run(scenario())


def test_a_link_of_who_does_not_wait_any_more_goes_to_who_does() -> None:
    async def scenario() -> None:
        store = SlowStore()
        together = Together(store, 0)
        busy = await begun(together(LINKS[5:]))
        gone, stays = await begun(together(LINKS[:2]), together(LINKS[1:3]))
        gone.cancel()
        await asyncio.sleep(0)
        store.let(2)
        await asyncio.gather(*busy)
        assert await stays == LINKS[1:3]
        assert store.calls[1] == LINKS[1:3]

    asyncio.run(scenario())


def test_who_does_not_wait_any_more_holds_up_nobody() -> None:
    async def scenario() -> None:
        store = SlowStore()
        together = Together(store, 0)
        gone, stays = await begun(together(LINKS[:1]), together(LINKS[1:2]))
        gone.cancel()
        store.let(1)
        assert await stays == LINKS[1:2]

    asyncio.run(scenario())


def test_nothing_is_asked_for_nothing() -> None:
    store = SlowStore()
    assert asyncio.run(Together(store)([])) == []
    assert store.calls == []


def test_the_ledger_gives_what_is_free(store: Any) -> None:
    ledger, other = Ledger(store, "one"), Ledger(store, "two")

    async def take(of: Ledger, claim: str, links: list[Link]) -> list[Link]:
        return of.take(links, False, claim)

    async def scenario() -> list[list[Link]]:
        await Together(partial(take, other, "a"))(LINKS[:2])
        together = Together(partial(take, ledger, "b"))
        return await asyncio.gather(*(together([link]) for link in LINKS))

    assert asyncio.run(scenario()) == [[], [], *([link] for link in LINKS[2:])]


@pytest.mark.parametrize("number", [1, 6])
def test_a_take_whose_answer_was_lost_is_made_again_with_the_same_answer(
    store: Any, number: int
) -> None:
    ledger = Ledger(store, "one")
    links = LINKS[:number]
    assert ledger.take(links, False, "claim") == links
    assert ledger.take(links, False, "claim") == links
    assert ledger.take(links, False, "another") == []
