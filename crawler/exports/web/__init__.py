"""A folder of feeds that a static web server can serve."""
