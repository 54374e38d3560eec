"""For work on the crawler: all that Scrapy has to say."""

from settings.base import *

LOG_LEVEL = "DEBUG"
