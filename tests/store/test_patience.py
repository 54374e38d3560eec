"""Waiting for a server: what may pass is tried again, for so long and no longer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, BulkWriteError, ConfigurationError, OperationFailure

from crawler.store import patience
from crawler.store.errors import StoreError
from crawler.store.patience import Patience, is_transient, line_of


class Server:
    """Answers after it has failed some times; nothing else can fail at a wanted moment."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.revived = 0

    def answer(self) -> str:
        if self.failures:
            raise self.failures.pop(0)
        return "answer"

    def revive(self) -> None:
        self.revived += 1


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SHORTEST_PAUSE", 0.0001)


def test_what_may_pass_is_tried_again_after_reviving_the_server() -> None:
    server = Server(AutoReconnect("gone"), AutoReconnect("gone"))
    assert Patience(server.revive).call(server.answer) == "answer"
    assert server.revived == 2


def test_what_cannot_pass_is_raised_at_once() -> None:
    server = Server(OperationFailure("not allowed", 13))
    with pytest.raises(OperationFailure, match="not allowed"):
        Patience(server.revive).call(server.answer)
    assert server.revived == 0


def test_a_server_that_is_away_for_too_long_is_given_up() -> None:
    server = Server(*[AutoReconnect("gone")] * 1000)
    with pytest.raises(AutoReconnect):
        Patience(server.revive, seconds=0.05).call(server.answer)
    assert 0 < server.revived < 999


def test_the_line_of_what_cannot_be_revived_is_the_one_that_is_told() -> None:
    def refuse() -> None:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        Patience(refuse).call(Server(AutoReconnect("gone")).answer)


def test_calls_of_many_threads_share_one_patience() -> None:
    shared, turn = Patience(lambda: None), threading.local()

    def flaky() -> int:
        turn.number = getattr(turn, "number", 0) + 1
        if turn.number % 2:
            raise AutoReconnect("gone")
        return 1

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shared.call(flaky), range(2000)))
    assert sum(answers) == 2000


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (AutoReconnect("gone"), True),
        (OperationFailure("stepped down", 189), True),
        (OperationFailure("conflict", 112, {"errorLabels": ["TransientTransactionError"]}), True),
        (OperationFailure("validation", 121), False),
        (ConfigurationError("Sessions are not supported by this MongoDB deployment"), True),
        (ConfigurationError("Bad database name"), False),
    ],
)
def test_what_may_pass(error: Any, transient: bool) -> None:
    assert is_transient(error) is transient


def test_an_error_is_told_in_one_line_without_the_driver_s_state() -> None:
    words = "gone\n away (configured timeouts: timeoutMS: 5000.0ms), Timeout: 5s"
    assert line_of(AutoReconnect(words)) == "gone away"
    bulk = BulkWriteError({"writeErrors": [{"errmsg": "Document failed", "code": 121}]})
    assert line_of(bulk) == "Document failed"
    assert line_of(AutoReconnect("")) == "AutoReconnect"
