"""The one exception that pages raise."""


class PageError(ValueError):
    """A page that is not what its address promises; the message says what is missing."""
