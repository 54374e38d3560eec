"""The store: MongoDB, one file a collection. Knows nothing of Scrapy or of pages."""
