"""finews db: what is in the store, and copies of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest

from crawler.article import SCHEMA_VERSION
from crawler.store.connection import Store
from crawler.store.swap import PREFIX
from tests.servers import keepers, mongods, wait_until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def crawled(finews: Any, sample: Any, at: Any, store: Store) -> Any:
    """The command, with a store that holds the sample site's category beifangwang."""
    finews("crawl", "finews", "-a", "category=beifangwang", **at(sample))
    return finews


def rows(out: str) -> dict[str, str]:
    """The rows of a status, by their first word."""
    return dict(line.split(None, 1) for line in out.splitlines() if len(line.split()) > 1)


def test_status_tells_what_is_there(crawled: Any, store: Store, data_dir: Path) -> None:
    done = crawled("db", "status")
    told = rows(done.out)
    assert told["server"] == "MongoDB 6.0.5"
    assert told["place"] == str(data_dir / "mongod")
    assert told["database"] == store.database.name
    assert " MB of data, " in told["size"]
    assert told["size"].endswith(" free on the disk")
    assert int(told["articles"]) == 3
    links = store.collection("links")
    assert int(told["stored"]) == links.count_documents({"state": "stored"}) > 0
    assert (told["schema"], told["changes"]) == (str(SCHEMA_VERSION), "3")
    names = ("articles", "hosts", "links", "runs", "texts")
    number = sum(store.collection(name).count_documents({}) for name in names)
    assert done.last == f"finews: {number} documents in 8 collections"


def test_status_as_json(crawled: Any, store: Store, data_dir: Path) -> None:
    done = crawled("db", "status", "--json")
    told = json.loads(done.out)
    assert told["place"] == str(data_dir / "mongod")
    assert told["collections"]["articles"] == 3
    assert told["collections"]["rejects"] == 0
    assert told["data"] > 0
    assert told["free"] > 1_000_000
    assert sum(told["links"].values()) == told["collections"]["links"]


def test_status_names_the_hosts_of_a_server_elsewhere_and_no_password(
    finews: Any, tmp_path: Path
) -> None:
    with Store.open(None, "test", tmp_path) as store:
        store.client.admin.command("createUser", "user", pwd="secret", roles=["root"])
        assert store._server is not None
        uri = store._server.uri.replace("mongodb://", "mongodb://user:secret@")
        done = finews("db", "status", MONGODB_URI=uri)
        assert rows(done.out)["place"] == str(store._server.socket)
        assert "secret" not in done.out + done.err


def test_a_backup_is_restored_into_an_empty_store_only(
    crawled: Any, exported: Any, data_dir: Path, tmp_path: Path
) -> None:
    articles = exported()
    done = crawled("db", "backup", "finews.zip")
    assert done.last.endswith(" documents are in finews.zip")
    done = crawled("db", "restore", "finews.zip", code=2)
    assert done.last.startswith(
        "finews: nothing restored from finews.zip: the store is not empty: "
        "there are documents in articles; --force replaces everything"
    )
    crawled("db", "restore", "finews.zip", "--force")
    assert exported() == articles
    new = {"DATA_DIR": str(tmp_path / "new")}
    done = crawled("db", "restore", "finews.zip", **new)
    assert " restored from finews.zip" in done.last
    lines = crawled("export", **new).out.splitlines()
    assert [json.loads(line) for line in lines] == articles
    assert mongods(tmp_path / "new") == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "finews db does not know ''. There are: status, backup, restore."),
        (["stauts"], "finews db does not know 'stauts'. Did you mean status?"),
        (["zzz"], "There are: status, backup, restore."),
        (["status", "x"], "say finews db status"),
        (["backup"], "say finews db backup FILE"),
        (["backup", "a", "b"], "say finews db backup FILE"),
        (["restore"], "say finews db restore FILE"),
        (["restore", "none.zip"], "cannot read none.zip: No such file or directory"),
        (["restore", "."], "cannot read .: Is a directory"),
        (["restore", "text"], "nothing restored from text: the file is no backup of finews"),
        (["backup", "none/x.zip"], "cannot write none/x.zip: No such file or directory"),
        (["backup", "."], "cannot write .: Is a directory"),
        (["backup", "x", "--force"], "backup takes no --force"),
        (["status", "--force"], "status takes no --force"),
        (["restore", "text", "--json"], "restore takes no --json"),
        (["status", "--jsno"], "Did you mean --json?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_exit_2(
    finews: Any, tmp_path: Path, words: list[str], message: str
) -> None:
    (tmp_path / "text").write_text("no backup")
    done = finews("db", *words, code=2)
    assert message in done.last
    assert done.out == ""


@pytest.fixture
def big(store: Store) -> Store:
    """A store whose backup takes a while."""
    for _ in range(10):
        store.collection("articles").insert_many([{"d": os.urandom(20_000)} for _ in range(300)])
    return store


def partial(folder: Path) -> list[Path]:
    """The file that a backup is being written into."""
    return [file for file in folder.glob(".finews.zip.*") if file.stat().st_size > 0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_backup_that_is_stopped_leaves_no_file(
    finews: Any, big: Store, tmp_path: Path, number: signal.Signals
) -> None:
    process = finews.start("db", "backup", "finews.zip")
    # We come first, however busy the machine is: the signal has to find it at work.
    os.setpriority(os.PRIO_PROCESS, process.pid, 19)
    wait_until(lambda: bool(partial(tmp_path)))
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.splitlines()[-1] == "finews: stopped"
    assert [file.name for file in tmp_path.iterdir()] == []


def test_a_backup_takes_the_place_of_an_older_one_when_it_is_whole(
    finews: Any, store: Store, tmp_path: Path
) -> None:
    store.collection("articles").insert_one({"_id": "a"})
    finews("db", "backup", "finews.zip")
    old = (tmp_path / "finews.zip").read_bytes()
    for _ in range(10):
        store.collection("articles").insert_many([{"d": os.urandom(20_000)} for _ in range(300)])
    process = finews.start("db", "backup", "finews.zip")
    wait_until(lambda: bool(partial(tmp_path)))
    assert (tmp_path / "finews.zip").read_bytes() == old
    process.communicate(timeout=60)
    assert process.returncode == 0
    with ZipFile(tmp_path / "finews.zip") as archive:
        assert json.loads(archive.read("backup.json"))["collections"]["articles"] == 3001


def loading(store: Store) -> bool:
    """Whether a restore is at work in a store."""
    return any(name.startswith(PREFIX) for name in store.database.list_collection_names())


def test_a_restore_that_is_stopped_leaves_the_store_as_it_was(finews: Any, big: Store) -> None:
    finews("db", "backup", "finews.zip")
    big.collection("articles").delete_many({})
    big.collection("articles").insert_one({"_id": "mine"})
    process = finews.start("db", "restore", "--force", "finews.zip")
    wait_until(lambda: loading(big))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.splitlines()[-1] == "finews: stopped"
    assert list(big.collection("articles").find()) == [{"_id": "mine"}]
    assert not loading(big)


def test_a_store_that_dies_during_a_restore_is_exit_1_and_stays_as_it_was(
    finews: Any, big: Store, tmp_path: Path
) -> None:
    finews("db", "backup", "finews.zip")
    new = {"DATA_DIR": str(tmp_path / "new")}
    name = big.database.name
    process = finews.start("db", "restore", "finews.zip", **new)
    with Store.open(None, name, tmp_path / "new") as store:
        wait_until(lambda: loading(store))
        os.kill(mongods(tmp_path / "new")[0], signal.SIGKILL)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert err.splitlines()[-1].startswith("finews: the store failed (")
    wait_until(lambda: not mongods(tmp_path / "new") and not keepers(tmp_path / "new"))
    with Store.open(None, name, tmp_path / "new") as store:
        assert store.collection("articles").count_documents({}) == 0
    assert finews("db", "restore", "finews.zip", **new).last.startswith("finews: 3001 documents")


def test_a_disk_that_fills_up_during_a_backup_is_one_line(
    finews: Any, big: Store, tmp_path: Path
) -> None:
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    if os.getuid() != 0 or subprocess.run(words, capture_output=True).returncode != 0:
        pytest.skip("a small disk can be mounted by root only")
    try:
        done = finews("db", "backup", str(place / "finews.zip"), code=2)
        assert f"cannot write {place}/finews.zip: No space left on device" in done.last
        assert list(place.iterdir()) == []
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_help_tells_the_actions(finews: Any) -> None:
    out = finews("db", "-h").out
    assert "finews db status [--json] | backup FILE | restore FILE [--force]" in out
