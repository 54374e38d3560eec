"""Scrapy settings: base.py, overlays that hold only differences, and the options of contract."""
