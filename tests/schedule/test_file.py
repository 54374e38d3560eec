"""The schedule file: what it may say, and what its mistakes are told as."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from crawler.schedule.file import Crawl, ScheduleError, crawls_of, read
from crawler.schedule.times import Cron, Every

ROOT = Path(__file__).parents[2]


def check(spider: str, arguments: dict[str, str]) -> None:
    if spider != "finews":
        raise ValueError(f"no spider {spider}")
    if "x" in arguments:
        raise ValueError("-a x: finews knows no such argument")


def crawls(folder: Path, text: str) -> list[Crawl]:
    path = folder / "s.toml"
    path.write_text(text, encoding="utf-8")
    return read(path, check)


def test_all_that_a_crawl_may_say(tmp_path: Path) -> None:
    text = """
        [[crawl]]
        spider = "finews"
        every = "10m"

        [[crawl]]
        name = "早报-1.a"
        spider = "finews"
        cron = "0 8 * * 0"
        time_limit = "90m"
        [crawl.arguments]
        category = ["a", "b"]
        full = true
        since = 2021-12-31
        number = 7
    """
    one, two = crawls(tmp_path, text)
    assert one == Crawl("finews", "finews", {}, Every(600), 6 * 3600)
    told = {"category": "a,b", "full": "1", "since": "2021-12-31", "number": "7"}
    assert two == Crawl("早报-1.a", "finews", told, Cron("0 8 * * 0"), 5400)


ONE = "[[crawl]]\nspider = 'finews'\nevery = '1m'\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there is no [[crawl]] in it"),
        ("[crawl]\nspider = 'finews'", "there is no [[crawl]] in it"),
        ("[[crwal]]", "no key crwal. Did you mean crawl?"),
        ("[[crawl]", "is no TOML that can be read: "),
        ("a = " + "9" * 5000, "is no TOML that can be read: "),
        ("a = " + "[" * 5000, "is no TOML that can be read: "),
        ("[[crawl]]", "crawl number 1: it names no spider"),
        (ONE + "crn = '* * * * *'", "crawl finews: no key crn. Did you mean cron?"),
        (ONE + "time_limit = 5", "crawl finews: time_limit = 5 is no text; write it in quotation"),
        (ONE + "time_limit = '5'", "crawl finews: '5' is no duration such as"),
        (ONE + "cron = '* * * * *'", "crawl finews: it needs either cron or every"),
        ("[[crawl]]\nspider = 'finews'", "crawl finews: it needs either cron or every"),
        ("[[crawl]]\nspider = 'finews'\ncron = '61 * * * *'", "crawl finews: '61 * * * *' is no"),
        (ONE + "name = '../a'", "crawl ../a: a name is of letters, digits, '_', '-' and '.'"),
        (ONE + ONE, "crawl finews: another has this name"),
        (ONE + "arguments = ['a']", "crawl finews: arguments is no table, such as"),
        (ONE + "arguments = { a = 1.5 }", "crawl finews: the argument a = 1.5 is no text, number"),
        (ONE + 'arguments = { a = "b\\u0000" }', "is no text, number, date or list"),
        (ONE + "name = ''", "a name is of letters, digits"),
        (ONE + f"name = '{'长' * 64}'", "a name is of letters, digits"),
        (ONE + "arguments = { x = 1 }", "crawl finews: -a x: finews knows no such argument"),
        (ONE.replace("finews", "finwes"), "crawl finwes: no spider finwes"),
    ],
)
def test_mistakes_are_one_line_each(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ScheduleError) as error:
        crawls(tmp_path, text)
    line = str(error.value)
    assert line.startswith(f"{tmp_path / 's.toml'}")
    assert told in line
    assert "\n" not in line


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(ScheduleError, match="is no text in UTF-8"):
        read(tmp_path / "s.toml", check)


def test_the_schedule_of_the_project_is_one() -> None:
    [news] = read(ROOT / "schedule.toml", check)
    assert news == Crawl("news", "finews", {}, Every(600), 3 * 3600)
    text = (ROOT / "schedule.toml").read_text(encoding="utf-8")
    # What stands there as a comment is an example that works, too.
    shown = [line.removeprefix("# ") for line in text.splitlines()]
    lines = [line for line in shown if " = " in line or line.startswith("[[")]
    names = [crawl.name for crawl in crawls_of(tomllib.loads("\n".join(lines)), lambda *_: None)]
    assert names == ["news", "morning"]
