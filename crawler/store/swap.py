"""Putting collections in the place of others all together, whatever happens meanwhile.

They are loaded under names of their own. Once they are all there a document says so, and from then
on the change is made: by whoever wrote it, or, had that one died, by whoever opens the store next.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pymongo.errors import OperationFailure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.collection import Collection
    from pymongo.database import Database

    Documents = dict[str, Any]

PREFIX = "restoring."
PLAN = f"{PREFIX}plan"
NO_SUCH_COLLECTION = 26


def collections_of(database: Database[Documents]) -> list[str]:
    """The collections of a store by name, without MongoDB's own and those being restored."""
    return list(identities_of(database))


def identities_of(database: Database[Documents]) -> dict[str, object]:
    """The same, each with what is another when it is dropped and made anew."""
    found = sorted(database.list_collections(filter={"type": "collection"}), key=itemgetter("name"))
    kept = [one for one in found if not one["name"].startswith((PREFIX, "system."))]
    return {one["name"]: one["info"]["uuid"] for one in kept}


def staged(database: Database[Documents], name: str) -> Collection[Documents]:
    """Where the documents of a collection are loaded."""
    return database[f"{PREFIX}to.{name}"]


def discard(database: Database[Documents]) -> None:
    """Drop what a restore has left that did not come to its end."""
    for name in database.list_collection_names():
        if name.startswith(PREFIX):
            database.drop_collection(name)


def swap(database: Database[Documents], names: Iterable[str]) -> None:
    """Put the staged collections of these names in the place of all that there are."""
    taken = sorted(names)
    dropped = [name for name in collections_of(database) if name not in taken]
    database[PLAN].insert_one({"_id": "swap", "taken": taken, "dropped": dropped})
    complete(database)


def complete(database: Database[Documents]) -> None:
    """Make a change that is planned and not made yet; where none is, do nothing."""
    plan = database[PLAN].find_one({"_id": "swap"})
    if plan is None:
        return
    for name in plan["taken"]:
        try:
            staged(database, name).rename(name, dropTarget=True)
        except OperationFailure as error:
            # Whoever began has got this far.
            if error.code != NO_SUCH_COLLECTION:
                raise
    for name in plan["dropped"]:
        database.drop_collection(name)
    database.drop_collection(PLAN)
