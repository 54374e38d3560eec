"""The finews crawler: pages, spiders, store and exports of a Chinese financial news site."""

from importlib.metadata import version

__version__ = version("finews")
