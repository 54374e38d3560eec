"""Where the bundled mongod is."""

from __future__ import annotations

import ctypes.util
import importlib.util
import platform
import sys
from pathlib import Path

from crawler.store.errors import StoreError


def find_binary() -> Path:
    """The bundled mongod. Raises StoreError where platform, package or libcurl4 is missing."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise StoreError(
            f"the embedded store runs on Linux x86-64 only, not on {sys.platform} "
            f"{platform.machine()}; set MONGODB_URI to a replica set"
        )
    spec = importlib.util.find_spec("fiftyone")
    for place in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(place) / "db" / "bin" / "mongod"
        if binary.exists():
            break
    else:
        raise StoreError(
            "the embedded store is not installed: pip install 'finews[embedded]', "
            "or set MONGODB_URI"
        )
    if ctypes.util.find_library("curl") is None:
        raise StoreError(
            "the embedded store needs libcurl4: apt-get install libcurl4, or set MONGODB_URI"
        )
    return binary
