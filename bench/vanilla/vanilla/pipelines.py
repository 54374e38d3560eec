"""One synchronous upsert an item."""

import pymongo
from itemadapter import ItemAdapter


class MongoPipeline:
    """As in Scrapy's own documentation of pipelines, but the same post is stored once."""

    def __init__(self, uri, database):
        self.uri = uri
        self.database = database

    @classmethod
    def from_crawler(cls, crawler):
        return cls(crawler.settings["MONGODB_URI"], crawler.settings["MONGODB_DATABASE"])

    def open_spider(self):
        self.client = pymongo.MongoClient(self.uri)
        self.posts = self.client[self.database]["posts"]

    def close_spider(self):
        self.client.close()

    def process_item(self, item):
        fields = ItemAdapter(item).asdict()
        self.posts.update_one({"_id": fields["id"]}, {"$set": fields}, upsert=True)
        return item
