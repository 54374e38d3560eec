"""Exports: how an article is written, and where to."""
