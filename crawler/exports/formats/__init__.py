"""How articles are written: one exporter a format, each on Scrapy's exporter interface."""
