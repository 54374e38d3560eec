"""Bad arguments, settings and sites: one clear line, the contract's exit code, no traceback."""

from __future__ import annotations

import os
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.commands.cli import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = "NW202112310000000001"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["crwal"], "no command crwal. Did you mean crawl?"),
        (["zzzz"], "no command zzzz. finews -h lists the commands."),
        (["crawl"], "name one spider of: archive, "),
        (["crawl", "finwes"], "no spider finwes. Did you mean finews?"),
        (["crawl", "finews", "newsshare"], "name one spider of"),
        (["crawl", "finews", "-a", "categroy=x"], "Did you mean category?"),
        (["crawl", "finews", "-a", "colour=x"], "finews knows: category, since, until, full"),
        (["crawl", "finews", "-a", "category="], "-a category: is empty"),
        (["crawl", "finews", "-a", "since=yesterday"], "-a since: 'yesterday' is no date"),
        (["crawl", "finews", "-a", "until=2021-02-30"], "-a until: '2021-02-30' is no date"),
        (
            ["crawl", "finews", "-a", "since=2022-01-02", "-a", "until=2022-01-01"],
            "-a since=2022-01-02 is after -a until=2022-01-01",
        ),
        (["crawl", "finews", "-a", "full=perhaps"], "-a full: 'perhaps' is neither 1 nor 0"),
        (["crawl", "finews", "-a", "full"], "Invalid -a value, use -a NAME=VALUE"),
        (["crawl", "newsshare"], "needs -a codes=… or -a codes_file=… or -a missing=…"),
        (["crawl", "newsshare", "-a", "codes=NW1"], "'NW1' is no infoCode"),
        (["crawl", "newsshare", "-a", "codes_file=none.txt"], "none.txt: No such file"),
        (["crawl", "archive"], "archive needs -a path=… or -a warc=…"),
        (["crawl", "archive", "-a", "warc=none"], "-a warc: none: No such file"),
        (["crawl", "archive", "-a", "warc=."], "-a warc: . holds no file *.warc or *.warc.gz"),
        (["crawl", "archive", "-a", "warc=/etc/passwd"], "-a warc: /etc/passwd is no WARC file"),
        (["crawl", "archive", "-a", "path=none"], "none is no folder"),
        (["crawl", "archive", "-a", "path=.", "-a", "observed=2999-01-01"], "in the future"),
        (["crawl", "finews", "-s", "LOG_LEVEL=LOUD"], "LOG_LEVEL=LOUD is none of"),
        (["crawl", "finews", "-s", "FOLLOW_SHARE_LINKS=perhaps"], "is not True or False"),
        (["crawl", "finews", "-s", "FINEWS_BASE_URL=nowhere"], "FINEWS_BASE_URL=nowhere is not"),
        (["crawl", "finews", "-s", "MONGO_URI=x"], "Did you mean MONGODB_URI?"),
        (["crawl", "finews", "-s", "CONCURRENT_ITEMS=many"], "is not a whole number"),
        (["crawl", "finews", "-s", "DATA_DIR=/etc/passwd"], "DATA_DIR=/etc/passwd is a file"),
        (["crawl", "finews", "-s", "MONGODB_DATABASE=a/b"], "MONGODB_DATABASE='a/b' is no"),
        (["crawl", "finews", "-s", "MONGODB_URI=mysql://x/"], "MONGODB_URI is not a usable"),
        (["crawl", "finews", "--colour"], "--colour"),
        (["--colour", "crawl"], "the command comes first, not --colour"),
        (["crawl", "finews", "--logfile", "none/log"], "log: No such file"),
        (["crawl", "finews", "-s", "MONGODB_DATABASE=local"], "it is MongoDB's own"),
        (["crawl", "finews", "-s", "STORE_BATCH_SIZE=0"], "STORE_BATCH_SIZE=0 is less than 1"),
        (["crawl", "finews", "-s", "CAPTURE_FILE_BYTES=0"], "CAPTURE_FILE_BYTES=0 is less than"),
        (["crawl", "finews", "-s", "CAPTURE_DIR=/etc/passwd"], "CAPTURE_DIR=/etc/passwd is a file"),
        (["crawl", "finews", "-s", "CAPTUR_DIR=x"], "Did you mean CAPTURE_DIR?"),
        (["export", "now"], "export takes no argument now"),
        (["export", "-o", "none/out.jsonl"], "cannot write none/out.jsonl: No such file"),
        (["export", "-o", "/"], "cannot write /: Is a directory"),
        (["export", "--ouput", "x"], "Did you mean --output?"),
        (["export", "-o", "/nowhere/x.jsonl"], "cannot write /nowhere/x.jsonl: No such file"),
        (["export", "-o", "ftp://[::1/x"], "cannot write to ftp://[::1/x: Invalid IPv6 URL"),
        (["export", "-o", "~nouser/x"], "cannot write ~nouser/x: No such file"),
        (["export", "--site", ""], "--site needs a name"),
        (["import", "a.csv"], "a.csv: only JSON lines and Parquet hold all that an article has"),
        (["import", "~nouser/x"], "cannot read ~nouser/x: No such file"),
        (["export", "--format", "jsnfeed"], "no format jsnfeed. Did you mean jsonfeed?"),
        (["export", "--format", "yaml"], "There are: jsonl, jsonfeed, atom, csv, parquet."),
        (["export", "-o", "x.atom.gz"], ".gz is for jsonl and csv, not for atom"),
        (["export", "--bom"], "--bom is for csv, not for jsonl"),
        (["export", "--symbol", "601318"], "--symbol 601318 is no symbol such as 601318.SH"),
        (["export", "--board", "0493"], "--board 0493 is no board such as BK0493"),
        (["export", "--source", ""], "--source is empty"),
        (["export", "--search", " "], "--search is empty"),
        (["export", "--since", "yesterday"], "--since 'yesterday' is no date such as"),
        (["export", "--until", "2021-02-30"], "--until '2021-02-30' is no date such as"),
        (["export", "--since", "2022-01-02", "--until", "2022-01-01"], "is after --until"),
        (["export", "--updated-since", "x"], "--updated-since 'x' is no date such as"),
        (["export", "--as-of", "x"], "--as-of 'x' is no date such as"),
        (["export", "--split", "categroy", "-o", "x"], "Did you mean category?"),
        (["export", "--split", "day"], "--split writes files: -o FOLDER, or -o 'PATH/%(day)s"),
        (["export", "--split", "day", "-o", "%(day)s/x"], "is for the name of a file"),
        (["export", "--split", "day", "-o", "x", "--cursor", "a"], "--cursor does not go with"),
        (["export", "--follow", "--as-of", "2022-01-01"], "--follow does not go with --as-of"),
        (["export", "--follow", "-o", "s3://a/b"], "--follow writes to standard output or"),
        (["export", "--follow", "-o", "x.jsonl.gz"], "--follow writes lines that are read at once"),
        (["export", "--tombstones", "--format", "csv"], "--tombstones is for jsonl, not for csv"),
        (["export", "--cursor", " "], "--cursor needs a name"),
        (["export", "--site", "x", "--format", "csv"], "--site does not go with --format"),
        (["export", "--site", "x", "-o", "y"], "--site does not go with -o"),
        (["export", "--tag", "a", "--tag", "b"], "--tag takes one value; make an export for each"),
        (["export", "-o", "x.xlsx"], "x.xlsx: there is no format .xlsx; say --format"),
        (["export", "--split", "day", "-o", "x.CSV"], "-o x.CSV is a file: say a folder, or"),
        (["export", "--split", "day", "-o", "x/%(category)s.csv"], "stands for a name is %(day)s"),
        (["export", "--base-url", "https://a.b/"], "--base-url goes with --site"),
        (["export", "--site", "x", "--base-url", "a.b"], "is like https://feeds.example.com/"),
        (["crawl", "finews", "-O", "x.parquet.zst"], ".zst is for jsonl and csv, not for parquet"),
        (["import"], "name one file: finews import FILE"),
        (["import", "none.jsonl"], "cannot read none.jsonl: No such file"),
        (["import", "/"], "cannot read /: Is a directory"),
        (["cursors"], "finews cursors does not know ''. There are: list, reset."),
        (["cursors", "lits"], "Did you mean list?"),
        (["cursors", "reset"], "name one cursor: finews cursors reset NAME"),
        (["cursors", "list", "x"], "list takes no argument x"),
        (["demo", "-a", "categry=x"], "demo takes no -a"),
        (["demo", "now"], "demo takes no argument now"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_arguments_are_exit_2(finews: Any, words: list[str], message: str) -> None:
    done = finews(*words, code=2)
    assert message in done.last
    assert done.out == ""


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SCRAPY_SETTINGS_MODULE": "settings.prodution"}, "Did you mean settings.production?"),
        ({"SCRAPY_SETTINGS_MODULE": "os"}, "SCRAPY_SETTINGS_MODULE=os holds no settings of finews"),
        ({"SCRAPY_SETTINGS_MODULE": "no.such"}, "SCRAPY_SETTINGS_MODULE=no.such: no such module"),
        ({"FOLLOW_SHARE_LINKS": "Flase"}, "Did you mean False?"),
        ({"FINEWS_BASE_URL": "nowhere"}, "FINEWS_BASE_URL=nowhere is not an address"),
        ({"MONGODB_URI": "mongodb://127.0.0.1:9/"}, "no MongoDB server answers at 127.0.0.1:9"),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_a_bad_environment_is_exit_2(finews: Any, variables: dict[str, str], message: str) -> None:
    assert message in finews("crawl", "finews", code=2, **variables).last


def test_an_unreachable_site_is_exit_1(finews: Any) -> None:
    done = finews("crawl", "finews", "-s", "RETRY_TIMES=0", code=1)
    assert "nothing crawled: http://127.0.0.1:9/" in done.last
    assert "check the address" in done.last


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (500, "broken", "HTTP 500"),
        (404, "none", "HTTP 404"),
        (200, "<html><body>parked</body></html>", "no <section>"),
        (200, "", "no <section>"),
        (200, "<header></header><section></section>", "no post was listed"),
    ],
    ids=["500", "404", "another site", "empty", "no posts"],
)
def test_a_site_that_lists_nothing_is_exit_1(
    finews: Any,
    at: Callable[[Any], dict[str, str]],
    serve_routes: Callable[..., Any],
    answer: Any,
    status: int,
    body: str,
    message: str,
) -> None:
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"></feed>'
    site = serve_routes({"/": answer(body, status), "/feed.xml": feed})
    done = finews("crawl", "finews", "-s", "RETRY_TIMES=0", code=1, **at(site))
    assert done.last.startswith("finews: nothing crawled: ")
    assert message in done.last


def test_an_unknown_category_is_exit_2_and_names_the_nearest(
    finews: Any, at: Callable[[Any], dict[str, str]], sample: Any
) -> None:
    done = finews("crawl", "finews", "-a", "category=beifangwnag", code=2, **at(sample))
    assert done.last == "finews: no category beifangwnag. Did you mean beifangwang?"


def test_codes_that_the_upstream_does_not_have_are_exit_1(
    finews: Any, at: Callable[[Any], dict[str, str]], serve_routes: Callable[..., Any]
) -> None:
    site = serve_routes({})
    done = finews("crawl", "newsshare", "-a", f"codes={CODE}", code=1, **at(site))
    assert "1 missing" in done.last
    assert f"/NewsData/GetNewsText.do?id={CODE}: HTTP 404" in done.last


def test_an_empty_archive_is_exit_1(finews: Any, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    done = finews("crawl", "archive", "-a", "path=posts", code=1)
    assert "no post was listed" in done.last


def test_an_output_file_that_cannot_be_written_is_not_exit_0(finews: Any, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "2021-12-31-init.md").write_text("---\ntitle: x\n---\ny\n")
    words = ["crawl", "archive", "-a", "path=posts"]
    (tmp_path / "folder.jsonl").mkdir()
    inside_a_file = tmp_path / "posts" / "2021-12-31-init.md" / "x.jsonl"
    for place in (tmp_path / "folder.jsonl", inside_a_file, Path("/proc/x.jsonl")):
        done = finews(*words, "-O", str(place), code=2)
        assert done.last.startswith(f"finews crawl: error: cannot write {place}: ")
    done = finews(*words, "-O", "s3://bucket/x.jsonl", code=1)
    assert "1 output files not written" in done.last
    finews(*words, "-O", "ok.jsonl")
    assert (tmp_path / "ok.jsonl").read_text().count("\n") == 1


def test_a_crawl_that_cannot_start_is_exit_2_and_leaves_no_server(
    finews: Any, tmp_path: Path
) -> None:
    words = ["-s", "SCHEDULER=scrapy.spiders.Spider", "-s", f"DATA_DIR={tmp_path / 'data'}"]
    done = finews("crawl", "finews", *words, code=2)
    assert done.last.startswith("finews: the crawl did not start: TypeError")
    lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline")]
    assert not [line for line in lines if os.fsencode(tmp_path / "data") in line]


def test_help_lists_what_there_is(finews: Any) -> None:
    for words in (["-h"], [], ["help"], ["--help"]):
        out = finews(*words).out
        assert all(f"  {name} " in out for name in ("crawl", "export", "demo"))
        assert not any(name in out for name in ("startproject", "shell"))
    for name in ("crawl", "export", "demo"):
        assert f"finews {name}" in finews(name, "-h").out


def test_it_works_from_any_folder_and_as_scrapy(
    finews: Any, sample: Any, at: Callable[[Any], dict[str, str]], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    assert finews("list", folder=elsewhere).out.split() == [
        "archive",
        "backfill",
        "backfill_lists",
        "finews",
        "newsshare",
        "rejects",
    ]
    scrapy = Path(__file__).parents[2] / ".venv" / "bin" / "scrapy"
    done = subprocess.run(
        [scrapy, "crawl", "finews", "-a", "category=beifangwang"],
        env={**finews.environment, **at(sample)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1].startswith("finews: done: 3 seen")


def test_a_reader_that_has_enough_is_no_error(finews: Any, sample: Any, at: Any) -> None:
    finews("crawl", "finews", code=1, **at(sample))
    shell = ["sh", "-c", '"$0" export | head -1 >/dev/null; echo end', "finews"]
    shell[3] = str(Path(__file__).parents[2] / ".venv" / "bin" / "finews")
    done = subprocess.run(shell, env=finews.environment, capture_output=True, text=True)
    assert done.stdout == "end\n"
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_no_headings_but_its_own(finews: Any, name: str) -> None:
    """Scrapy takes a line that ends with a colon for one."""
    lines = finews(name, "-h").out.splitlines()
    headings = [above for above, below in pairwise(lines) if below and not below.strip("=-")]
    assert headings == ["Usage", "Options", "Global Options"]
