"""When two texts are one story: what is compared, how candidates are found, what decides."""
