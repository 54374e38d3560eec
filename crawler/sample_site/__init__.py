"""A small copy of the real site's structure, for the demo and the tests."""
