"""Scrapy's defaults but for the log: each item and response in it would be most of the work."""

import os

BOT_NAME = "vanilla"
SPIDER_MODULES = ["vanilla.spiders"]
ROBOTSTXT_OBEY = True
ITEM_PIPELINES = {"vanilla.pipelines.MongoPipeline": 300}
LOG_LEVEL = "INFO"
SITE_URL = os.environ["FINEWS_BASE_URL"]
MONGODB_URI = os.environ["MONGODB_URI"]
MONGODB_DATABASE = os.environ["MONGODB_DATABASE"]
