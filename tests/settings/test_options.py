"""The settings that users set."""

from __future__ import annotations

import pytest
from scrapy.settings import Settings

from crawler.commands.setup import complete
from settings import options
from settings.options import (
    OPTIONS,
    OptionError,
    apply_environment,
    check,
    is_loopback,
    nearest,
    take_given,
)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        monkeypatch.delenv(option.name, raising=False)


def settings(**values: object) -> Settings:
    made = Settings()
    made.setmodule("settings.base")
    for name, value in values.items():
        made.set(name, value, priority="cmdline")
    return made


def test_the_command_line_wins_then_the_environment_then_the_overlay() -> None:
    made = Settings()
    made.setmodule("settings.production")
    made.set("CONTACT", "overlay", priority="project")
    apply_environment(made, {"CONTACT": "environment", "MONGODB_DATABASE": ""})
    assert made["CONTACT"] == "environment"
    assert made["MONGODB_DATABASE"] == "finews"
    made.set("CONTACT", "given", priority="cmdline")
    apply_environment(made, {"CONTACT": "environment"})
    assert made["CONTACT"] == "given"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"FINEWS_BASE_URL": "finews.withounder.com"}, "FINEWS_BASE_URL=finews.withounder.com is"),
        ({"NEWSSHARE_BASE_URL": "ftp://x/"}, "NEWSSHARE_BASE_URL=ftp://x/ is not an address"),
        ({"FINEWS_CANONICAL_URL": "http://[x/"}, "FINEWS_CANONICAL_URL="),
        ({"FOLLOW_SHARE_LINKS": "perhaps"}, "is not True or False"),
        ({"FOLLOW_SHARE_LINKS": "Flase"}, "Did you mean False?"),
        ({"LOG_LEVEL": "DEBUGG"}, "Did you mean DEBUG?"),
        ({"DATA_DIR": "/etc/passwd"}, "is a file, not a folder"),
        ({"CAPTURE_DIR": "/etc/passwd"}, "CAPTURE_DIR=/etc/passwd is a file, not a folder"),
        ({"MONITOR_SMTP_PORT": "smtp"}, "MONITOR_SMTP_PORT=smtp is no port, for example 587"),
        ({"MONITOR_SMTP_PORT": 65536}, "MONITOR_SMTP_PORT=65536 is no port"),
        ({"MONITOR_SMTP_TLS": "perhaps"}, "is not True or False"),
        ({"MONITOR_MAIL_TO": "a@example.org"}, "MONITOR_MAIL_TO needs MONITOR_SMTP_HOST"),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        check(settings(**values))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example.org/s3cret", "ftp://127.0.0.1/s3cret", "s3cret"),
        *("https://me:s3cret@hooks.example.org/", "http://[s3cret/"),
    ],
)
def test_a_webhook_is_https_or_on_this_machine_and_never_shown(url: str) -> None:
    with pytest.raises(OptionError) as caught:
        check(settings(MONITOR_WEBHOOK=url))
    assert str(caught.value) == "MONITOR_WEBHOOK is no https:// address, nor one of this machine"


@pytest.mark.parametrize(
    "url", ["https://hooks.example.org/x", "http://127.0.0.1:1/x", "http://localhost/", ""]
)
def test_a_webhook_that_may_be(url: str) -> None:
    check(settings(MONITOR_WEBHOOK=url))


def test_a_password_is_never_sent_for_all_to_read() -> None:
    given = {"MONITOR_SMTP_USER": "me", "MONITOR_SMTP_TLS": False}
    with pytest.raises(OptionError) as caught:
        check(settings(**given, MONITOR_SMTP_HOST="mail.example.org"))
    assert str(caught.value).startswith("MONITOR_SMTP_TLS=False would send MONITOR_SMTP_PASSWORD")
    check(settings(**given, MONITOR_SMTP_HOST="127.0.0.1"))
    check(settings(MONITOR_SMTP_TLS=False, MONITOR_SMTP_HOST="mail.example.org"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MONGO_URI", "x", "Did you mean MONGODB_URI?"),
        ("FOLLOW_SHARE_LINK", "0", "Did you mean FOLLOW_SHARE_LINKS?"),
        ("DOWNLOAD_TIMEOUT", "soon", "DOWNLOAD_TIMEOUT=soon is not"),
        ("ROBOTSTXT_OBEY", "maybe", "is not True or False"),
        ("CONCURRENT_ITEMS", "4.5", "is not a whole number"),
        ("CONCURRENT_ITEMS", "0", "is less than 1"),
        ("STORE_BATCH_SIZE", "-1", "is less than 1"),
        ("STORE_BATCH_SECONDS", "inf", "is no number that can be used"),
        ("DOWNLOAD_DELAY", "-1", "is no number that can be used"),
        ("STORE_BATCH_SECONDS", "soon", "is not a number"),
        ("MONITOR_ERROR_SHAR", "1", "Did you mean MONITOR_ERROR_SHARE?"),
        ("MONITOR_COVERAGE_RUNS", "0", "is less than 1"),
        ("MONITOR_LEAST", "few", "MONITOR_LEAST=few is not a whole number"),
        ("MONITOR_ERROR_SHARE", "-1", "is no number that can be used"),
        ("PROGRESS_BAR", "perhaps", "is not True or False"),
        ("LOG_FORMATTER", "foo.Bar", "LOG_FORMATTER=foo.Bar is no class"),
        ("TWISTED_REACTOR", "foo", "TWISTED_REACTOR=foo is no class"),
    ],
)
def test_a_wrong_s_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        take_given(settings(), {name: value}, settings().keys())
    assert message in str(caught.value)


def test_a_setting_that_nobody_knows_and_that_is_no_slip_passes() -> None:
    made = settings()
    take_given(made, {"MYEXT_COLOUR": "red"}, made.keys())
    assert made["MYEXT_COLOUR"] == "red"


def test_values_are_taken_in_their_type_whatever_their_case() -> None:
    made = settings(FOLLOW_SHARE_LINKS="FALSE")
    given = {"ROBOTSTXT_OBEY": "TRUE", "CONCURRENT_ITEMS": "7", "STORE_BATCH_SECONDS": "0.5"}
    take_given(made, given, made.keys())
    check(made)
    assert made["FOLLOW_SHARE_LINKS"] is False
    assert made["ROBOTSTXT_OBEY"] is True
    assert (made["CONCURRENT_ITEMS"], made["STORE_BATCH_SECONDS"]) == (7, 0.5)


def test_addresses_get_their_slash_and_the_canonical_one_is_the_public_site() -> None:
    made = settings(FINEWS_BASE_URL="https://mirror.example/x", NEWSSHARE_BASE_URL="http://s")
    complete(made)
    assert made["FINEWS_BASE_URL"] == "https://mirror.example/x/"
    assert made["NEWSSHARE_BASE_URL"] == "http://s/"
    assert made["FINEWS_CANONICAL_URL"] == "https://finews.withounder.com/"


def test_the_user_agent_is_honest() -> None:
    made = settings(CONTACT="mail@example.org")
    complete(made)
    assert made["USER_AGENT"].startswith("finews/")
    assert "mail@example.org" in made["USER_AGENT"]


def test_loopback_is_not_slowed_down_unless_a_setting_says_so() -> None:
    local = {"FINEWS_BASE_URL": "http://127.0.0.1:1/", "NEWSSHARE_BASE_URL": "http://localhost/"}
    made = settings(**local)
    complete(made)
    assert (made["DOWNLOAD_DELAY"], made.getbool("AUTOTHROTTLE_ENABLED")) == (0, False)
    slow = settings(**local, DOWNLOAD_DELAY=1.5, AUTOTHROTTLE_ENABLED=True)
    complete(slow)
    assert slow.getfloat("DOWNLOAD_DELAY") == 1.5
    assert slow.getbool("AUTOTHROTTLE_ENABLED")
    far = settings()
    complete(far)
    assert far.getfloat("DOWNLOAD_DELAY") > 0
    assert far.getbool("AUTOTHROTTLE_ENABLED")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8/", True),
        ("http://[::1]/", True),
        ("http://localhost/", True),
        ("http://127.0.0.1.example.org/", False),
        ("https://finews.withounder.com/", False),
    ],
)
def test_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


def test_nearest() -> None:
    assert nearest("crwal", ("crawl", "export")) == " Did you mean crawl?"
    assert nearest("zzz", ("crawl", "export")) == ""
    assert tuple(option.name for option in OPTIONS) == options.NAMES
