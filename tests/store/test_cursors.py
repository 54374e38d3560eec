"""Cursors: one export holds one at a time, and it moves when its export is in its place."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from crawler.store.cursors import Cursors, CursorTakenError
from crawler.store.errors import StoreError

if TYPE_CHECKING:
    from crawler.store.connection import Store

HOLDER = """
import sys
from pathlib import Path
from crawler.store.connection import Store
from crawler.store.cursors import Cursors
with Store.open(None, sys.argv[1], Path(sys.argv[2])) as store:
    Cursors(store).take("one")
    print("held", flush=True)
    sys.stdin.read()
"""


def other(store: Store, **holder: Any) -> Cursors:
    """The cursors, as another process sees them."""
    cursors = Cursors(store)
    cursors.holder = {**cursors.holder, **holder}
    return cursors


def test_a_new_cursor_is_before_the_first_change(store: Store) -> None:
    position = Cursors(store).take("one")
    assert (position.seq, position.selection, position.moved_at) == (0, None, None)


def test_it_moves_and_remembers(store: Store) -> None:
    cursors = Cursors(store)
    cursors.take("one")
    cursors.move("one", 7, {"category": "$x"}, 3)
    [position] = cursors.select()
    assert (position.seq, position.selection, position.exported) == (7, {"category": "$x"}, 3)
    assert position.moved_at is not None


def test_one_that_lives_keeps_it(store: Store, database: str, data_dir: Any) -> None:
    words = [sys.executable, "-c", HOLDER, database, str(data_dir)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(CursorTakenError, match=f"process {process.pid} on "):
            Cursors(store).take("one")
        with pytest.raises(CursorTakenError):
            Cursors(store).reset("one")
        # It is there, so it may take as long as it likes.
        store.collection("cursors").update_one({}, {"$set": {"until": None}})
        with pytest.raises(CursorTakenError):
            Cursors(store).take("one")
        process.kill()
    # Nor does a dead one on this machine, whatever its lease.
    Cursors(store).take("one")


def test_one_elsewhere_keeps_it_for_its_lease(store: Store) -> None:
    other(store, host="elsewhere").take("one")
    with pytest.raises(CursorTakenError, match="elsewhere"):
        Cursors(store).take("one")
    expire = [{"$set": {"until": {"$subtract": ["$$NOW", 1]}}}]
    store.collection("cursors").update_one({}, expire)
    Cursors(store).take("one")


def test_who_lost_it_cannot_move_it(store: Store) -> None:
    slow = other(store, host="elsewhere")
    slow.take("one")
    store.collection("cursors").update_one({}, {"$set": {"until": None}})
    Cursors(store).take("one")
    for call in (
        lambda: slow.move("one", 5, {}, 1),
        lambda: slow.renew("one"),
        lambda: slow.note_pending("one", {"seq": 5, "file": "x"}),
    ):
        with pytest.raises(StoreError, match="went to another export"):
            call()
    slow.release("one")
    with pytest.raises(CursorTakenError):
        slow.take("one")


def test_released_it_is_free(store: Store) -> None:
    one = other(store, host="elsewhere")
    one.take("one")
    one.release("one")
    Cursors(store).take("one")


def test_reset_forgets_it(store: Store) -> None:
    cursors = Cursors(store)
    cursors.take("one")
    cursors.move("one", 7, {}, 3)
    assert cursors.reset("one")
    assert not cursors.reset("one")
    assert cursors.take("one").seq == 0
