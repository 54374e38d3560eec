"""Where exports go: real files, real servers of each kind on loopback."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.settings import Settings

from crawler.exports.destinations import DestinationError, Destinations, local_path, shown
from tests.articles import put, said
from tests.storages import S3, Bucket, bucket_server, ftp_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.store.connection import Store


@pytest.fixture
def filled(store: Store) -> Store:
    put(store, said(1), said(2))
    return store


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[str]:
    """The address of an FTP server, its user with it; its files are in `ftp`."""
    (tmp_path / "ftp").mkdir()
    with ftp_server(tmp_path / "ftp") as address:
        yield address


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with bucket_server() as bucket:
        yield bucket


def test_ftp(finews: Any, filled: Store, ftp: str, tmp_path: Path) -> None:
    lines = finews("export").out
    done = finews("export", "-o", f"ftp://{ftp}/a/b.jsonl")
    assert done.last == "finews: 2 articles exported"
    assert (tmp_path / "ftp/a/b.jsonl").read_text("utf-8") == lines
    finews("export", "-o", f"ftp://{ftp}/a/b.jsonl", "--search", "第2篇")
    assert len((tmp_path / "ftp/a/b.jsonl").read_text("utf-8").splitlines()) == 1


def test_a_secret_is_not_told(finews: Any, filled: Store, ftp: str) -> None:
    wrong = ftp.replace("p%40ss", "s%40cret")
    done = finews("export", "-o", f"ftp://{wrong}/b.jsonl", code=1)
    assert done.last.startswith("finews: cannot write to ftp://127.0.0.1:")
    assert "530" in done.last
    assert "cret" not in done.err


def test_s3(finews: Any, filled: Store, bucket: Bucket) -> None:
    lines = finews("export").out
    finews("export", "-o", "s3://feeds/a/b.jsonl", AWS_ENDPOINT_URL=bucket.url, **S3)
    assert bucket.objects == {"/feeds/a/b.jsonl": lines.encode()}


def test_a_cursor_stays_where_it_was_when_the_upload_fails(
    finews: Any, filled: Store, bucket: Bucket
) -> None:
    words = ("export", "-o", "s3://feeds/b.jsonl", "--cursor", "one")
    bucket.status = 403
    done = finews(*words, code=1, AWS_ENDPOINT_URL=bucket.url, **S3)
    assert "cannot write to s3://feeds/b.jsonl: " in done.last
    bucket.status = 200
    done = finews(*words, AWS_ENDPOINT_URL=bucket.url, **S3)
    assert "2 articles exported" in done.last
    assert "0 articles exported" in finews(*words, AWS_ENDPOINT_URL=bucket.url, **S3).last


def test_google_cloud_storage(finews: Any, filled: Store, bucket: Bucket) -> None:
    lines = finews("export").out
    words = ("export", "-o", "gs://feeds/a/b.jsonl", "-s", "GCS_PROJECT_ID=project")
    finews(*words, STORAGE_EMULATOR_HOST=bucket.url)
    assert list(bucket.objects.values()) == [lines.encode()]
    assert "/feeds/" in next(iter(bucket.objects))


def test_a_file_by_its_uri(finews: Any, filled: Store, tmp_path: Path) -> None:
    finews("export", "-o", f"file://{tmp_path}/a%20b.jsonl")
    assert (tmp_path / "a b.jsonl").read_text("utf-8") == finews("export", "-o", "stdout:").out


def test_an_unknown_scheme_names_the_known(finews: Any) -> None:
    done = finews("export", "-o", "sftp://user:secret@host/x", code=2)
    assert "cannot write to sftp://host/x: there are file, ftp, ftps, gs, s3, stdout" in done.last


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    with pytest.raises(DestinationError, match=r"pip install 'finews\[s3\]'"):
        Destinations(Settings()).open("s3://bucket/key")


def test_an_output_is_told_without_its_user() -> None:
    assert shown("ftp://user:secret@host:21/x") == "ftp://host:21/x"
    assert shown("s3://key:ab/cd@bucket/x") == "s3://bucket/x"
    assert local_path("ftp://host/x") is None
    assert local_path("a:b") == Path("a:b")
