"""The docs say what the code does; every command in them runs."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import tomllib
from contextlib import contextmanager
from importlib.metadata import files, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crawler.commands.cli import COMMANDS
from crawler.sample_site import server
from pipelines import STAGES
from settings import base
from settings.options import OPTIONS
from tests.articles import put, said
from tests.servers import wait_until
from tests.storages import S3, bucket_server, ftp_server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
ROW = re.compile(r"^\| `?([\w-]+)`? \| (.*?) \| (.*?) \|$", re.MULTILINE)
# MongoDB's own programs, which a test of ours has no say in.
NOT_OURS = ("mongod", "mongosh")


def commands() -> list[str]:
    """Every command line of the docs, each once."""
    lines = [
        line.strip()
        for page in PAGES
        for block in BLOCK.findall(page.read_text(encoding="utf-8"))
        for line in block.splitlines()
    ]
    return sorted({line for line in lines if not line.startswith(NOT_OURS)})


def finews_commands() -> list[str]:
    return [line for line in commands() if "bin/finews " in line]


def is_service(line: str) -> bool:
    """Whether a command goes on until it is stopped."""
    return "bin/finews schedule" in line or "--follow" in line


def test_the_docs_show_every_command() -> None:
    shown = " ".join(finews_commands())
    assert all(f"bin/finews {name}" in shown for name in COMMANDS)
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert all(re.search(rf"^## {name}", text, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("line", [line for line in finews_commands() if not is_service(line)])
def test_a_command_of_the_docs_runs(
    finews: Any, sample: Any, at: Any, store: Any, tmp_path: Path, line: str
) -> None:
    shutil.copytree(Path(server.__file__).parent / "source" / "_posts", tmp_path / "_posts")
    words = shlex.split(line.partition("bin/finews ")[2])
    if words[0] in ("show", "forget"):
        finews("crawl", "finews", code=1, **at(sample))
    if words[:2] == ["db", "restore"]:
        finews("db", "backup", words[2])
    if words[0] in ("export", "import", "cursors"):
        put(store, said(1), said(2))
    if words[0] == "import":
        finews("export", "-o", words[1])
    if words[:2] == ["cursors", "reset"]:
        finews("export", "--cursor", words[2])
    if "warc=captures" in words:
        codes = "codes=NW202112312233001257"
        finews("crawl", "newsshare", "-a", codes, **at(sample), CAPTURE_DIR="captures")
    # The sample site's one broken share answer makes a whole crawl of it exit 1, as it should.
    whole = words[:2] == ["crawl", "finews"] and "-a" not in words
    with storages(words, tmp_path) as variables:
        data_dir = data_dir_of(words, finews, tmp_path)
        variables |= {**at(sample), "DATA_DIR": data_dir}
        done = finews(*words, code=1 if whole else 0, **variables)
    assert done.last.startswith("finews: ")
    if whole:
        assert "1 rejected" in done.last


@contextmanager
def storages(words: list[str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """Servers in place of those that the words name; the variables that lead there."""
    output = words[words.index("-o") + 1] if "-o" in words else ""
    if output.startswith("ftp:"):
        with ftp_server(tmp_path) as address:
            place = words.index(output)
            words[place] = f"ftp://{address}/{output.rpartition('/')[2]}"
            yield {}
    elif output.startswith(("s3:", "gs:")):
        with bucket_server() as bucket:
            yield {**S3, "AWS_ENDPOINT_URL": bucket.url, "STORAGE_EMULATOR_HOST": bucket.url}
            assert len(bucket.objects) == 1
    else:
        yield {}


@pytest.mark.parametrize("line", [line for line in finews_commands() if is_service(line)])
def test_a_service_of_the_docs_runs(
    finews: Any, sample: Any, at: Any, tmp_path: Path, store: Any, line: str
) -> None:
    shutil.copy(ROOT / "schedule.toml", tmp_path)
    process = finews.start(*shlex.split(line.partition("bin/finews ")[2]), **at(sample))
    if "export" in line:
        assert "following" in process.stderr.readline()
        put(store, said(1))
        assert said(1).id in process.stdout.readline()
    wait_until(lambda: store.collection("articles").count_documents({}) > 0)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 0
    assert err.splitlines()[-1].startswith("finews: stopped")


def data_dir_of(words: list[str], finews: Any, tmp_path: Path) -> str:
    """The tests' store; the demo's is a folder of its own."""
    return str(tmp_path) if words == ["demo"] else str(finews.environment["DATA_DIR"])


@pytest.mark.parametrize("line", [line for line in commands() if line.startswith("make ")])
def test_a_target_of_the_docs_exists(line: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", *shlex.split(line)[1:]], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_command_is_one_that_a_test_runs() -> None:
    assert [line for line in commands() if "finews " not in line and "make " not in line] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def table(page: str) -> dict[str, tuple[str, str]]:
    """The rows of a page's tables, by their first cell."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return {name: (second, third) for name, second, third in ROW.findall(text)}


def test_the_settings_are_all_there_with_their_defaults() -> None:
    rows = table("settings.md")
    del rows["setting"]
    assert set(rows) == {option.name for option in OPTIONS}
    for option in OPTIONS:
        default, meaning = rows[option.name]
        assert meaning == option.meaning
        value = getattr(base, option.name)
        if option.name == "DATA_DIR":
            assert value == str(ROOT / default.split("`")[1])
        else:
            assert default == ("unset" if value is None else f"`{value}`")


def test_the_stages_are_all_there_in_order() -> None:
    text = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\w+)$", text, re.MULTILINE)
    assert headings == [path.split(".")[1] for path in STAGES]


def direct_dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for names in extras for name in names)]
    return {re.split(r"[<>=;\[ ]", name)[0] for name in wanted}


def _licence_file(package: str) -> str:
    """The name that the licence's text begins with."""
    file = next(file for file in files(package) or [] if file.name == "LICENSE")
    return file.read_text().splitlines()[0]


def licence(package: str) -> str:
    """What a package says of its licence, in a word that its row must hold."""
    told = metadata(package)
    classifiers = [c for c in told.get_all("Classifier") or [] if c.startswith("License ::")]
    texts = [told.get("License-Expression"), told.get("License"), *classifiers]
    text = " ".join(text for text in texts if text) or _licence_file(package)
    return next(word for word in ("Apache", "BSD", "MIT", "MPL") if word in text)


def test_every_dependency_is_there_with_its_licence() -> None:
    rows = table("dependencies.md")
    del rows["package"]
    assert set(rows) == direct_dependencies()
    for package, (told, why) in rows.items():
        assert licence(package) in told
        assert why


def test_the_lock_pins_every_dependency_with_hashes_and_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    assert direct_dependencies() <= pinned
    assert "://" not in lock
    for entry in re.split(r"^(?=[\w.-]+==)", lock, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_rooms_in_the_docs_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for room in re.findall(r"^\| \d \| `([\w/]+)`", text, re.MULTILINE):
        assert find_spec(room.replace("/", ".")) is not None
