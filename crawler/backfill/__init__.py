"""A backfill: its processes, its progress, and what it tells at the end."""
