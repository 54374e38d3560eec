"""What Scrapy leaves open is closed, and the site is asked politely."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.utils.misc import load_object

from pipelines import STAGES


def settings(module: str = "settings.base") -> Settings:
    made = Settings()
    made.setmodule(module)
    return made


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REMOTE_CONTROL_ENABLED", False),
        ("TELNETCONSOLE_ENABLED", False),
        ("DOWNLOAD_VERIFY_CERTIFICATES", True),
        ("ROBOTSTXT_OBEY", True),
        ("DOWNLOAD_TIMEOUT", 30),
        ("COOKIES_ENABLED", False),
        ("CONCURRENT_ITEMS", 4),
        ("AUTOTHROTTLE_ENABLED", True),
        ("FEED_EXPORT_ENCODING", "utf-8"),
    ],
)
def test_base(name: str, value: object) -> None:
    assert name in dir(import_module("scrapy.settings.default_settings"))
    assert settings()[name] == value


def test_the_stages_run_in_their_order() -> None:
    pipelines = settings().getdict("ITEM_PIPELINES")
    assert sorted(pipelines, key=pipelines.__getitem__) == list(STAGES)


@pytest.mark.parametrize(
    "name", ["ITEM_PIPELINES", "EXTENSIONS", "DOWNLOADER_MIDDLEWARES", "LOG_FORMATTER"]
)
def test_every_class_that_is_named_exists(name: str) -> None:
    named = settings()[name]
    for path in [named] if isinstance(named, str) else named:
        assert load_object(path)


@pytest.mark.parametrize("name", ["local", "production"])
def test_an_overlay_holds_differences_only(name: str) -> None:
    base, overlay = import_module("settings.base"), import_module(f"settings.{name}")
    lines = Path(overlay.__file__ or "").read_text(encoding="utf-8").splitlines()
    own = {line.split(" = ")[0] for line in lines if " = " in line and line[0].isupper()}
    assert own
    assert all(getattr(overlay, option) != getattr(base, option, None) for option in own)
