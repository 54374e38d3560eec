"""Benchmarks: everything is compared with something else in the same run, interleaved."""
