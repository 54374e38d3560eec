"""A Scrapy project as people write it for this site: the one that finews is compared with."""
