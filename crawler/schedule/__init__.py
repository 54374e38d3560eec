"""Runs crawls at their times, one run of each at a time on any number of machines."""
