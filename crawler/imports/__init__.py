"""Imports: exports taken back into the store."""
