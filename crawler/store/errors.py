"""The one exception that opening and using the store raises on purpose."""


class StoreError(Exception):
    """The store cannot be used; the message is one line that says what mends it."""
