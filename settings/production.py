"""For a server: slower still, and quiet unless something is wrong."""

from settings.base import *

LOG_LEVEL = "WARNING"
DOWNLOAD_DELAY = 0.5
CONCURRENT_REQUESTS_PER_DOMAIN = 2
