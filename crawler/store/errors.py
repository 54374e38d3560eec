"""What goes wrong with the store."""

from pymongo.errors import PyMongoError


class StoreError(Exception):
    """The store cannot be used; the message is one line that says what mends it."""


# What the server or the way to it raises in the middle of work; its message is pymongo's.
StoreFailure = PyMongoError
