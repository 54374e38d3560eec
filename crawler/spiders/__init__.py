"""Where to go: spiders travel, pages parse."""
