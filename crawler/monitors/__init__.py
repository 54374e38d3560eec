"""Whether a crawl went as crawls go, and who is told when it did not."""
