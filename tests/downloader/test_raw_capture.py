"""What the raw capture keeps of a crawl on a real server, and how it ends when it cannot."""

from __future__ import annotations

import gzip
import json
import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.captures.reading import Capture, capture_files, read_captures
from crawler.store.links import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from crawler.store.connection import Store

CODE = "NW202112310000000001"
API = f"/NewsData/GetNewsText.do?id={CODE}"
LINK = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={CODE}"
ANSWER = json.dumps({"text": "<p>正文。</p>"}, ensure_ascii=False).encode()


@pytest.fixture
def crawl(finews: Any, at: Any, tmp_path: Path) -> Callable[..., dict[str, list[Capture]]]:
    """Crawls one share answer and gives the captures by path, after warcio checked them."""

    def run(site: Any, *words: str, code: int = 0) -> dict[str, list[Capture]]:
        options = ["-a", f"codes={CODE}", *words]
        finews("crawl", "newsshare", *options, code=code, **at(site), CAPTURE_DIR="captures")
        found: dict[str, list[Capture]] = {}
        for file in capture_files(tmp_path / "captures"):
            _check(file)
            for capture in read_captures(file):
                assert isinstance(capture, Capture)
                assert capture.url.startswith(site.url)
                found.setdefault(capture.url[len(site.url) - 1 :], []).append(capture)
        return found

    return run


def _check(file: Path) -> None:
    with file.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            record.raw_stream.read()
            assert record.digest_checker.passed


def test_robots_txt_and_answer_are_kept_with_the_link_that_was_asked_for(
    crawl: Any, serve_routes: Callable[..., Any], exported: Any
) -> None:
    found = crawl(serve_routes({API: ANSWER.decode()}))
    assert list(found) == ["/robots.txt", API]
    [robots], [answer] = found.values()
    assert (robots.status, robots.link, robots.article_id) == (404, None, None)
    assert (answer.status, answer.link, answer.article_id) == (200, LINK, CODE)
    assert answer.body == ANSWER
    [article] = exported()
    time = article["provenance"]["share"]["observed_at"]
    assert answer.fetched_at.isoformat(timespec="milliseconds").replace("+00:00", "Z") == time


def test_a_body_is_kept_as_it_was_encoded(
    crawl: Any, serve_routes: Callable[..., Any], answer: Any, exported: Any
) -> None:
    packed = gzip.compress(ANSWER)
    [capture] = crawl(serve_routes({API: answer(packed, headers={"Content-Encoding": "gzip"})}))[
        API
    ]
    assert capture.body == packed
    assert ("Content-Encoding", "gzip") in capture.headers
    assert ("Content-Length", str(len(packed))) in capture.headers
    assert exported()[0]["content_text"] == "正文。"


def test_every_hop_of_a_redirect_is_kept_under_the_link_that_was_asked_for(
    crawl: Any, serve_routes: Callable[..., Any], answer: Any
) -> None:
    routes = {API: answer("moved", 302, {"Location": "/there"}), "/there": ANSWER.decode()}
    found = crawl(serve_routes(routes))
    assert [(c.status, c.link) for path in (API, "/there") for c in found[path]] == [
        (302, LINK),
        (200, LINK),
    ]
    assert ("Location", "/there") in found[API][0].headers


def test_every_try_is_kept(crawl: Any, serve_routes: Callable[..., Any], answer: Any) -> None:
    found = crawl(serve_routes({API: answer("down", 503)}), "-s", "RETRY_TIMES=2", code=1)
    assert [(c.status, c.body) for c in found[API]] == [(503, b"down")] * 3


def test_what_is_missing_is_kept_too(crawl: Any, serve_routes: Callable[..., Any]) -> None:
    assert [c.status for c in crawl(serve_routes({}), code=1)[API]] == [404]


class Chunked(socketserver.StreamRequestHandler):
    """Answers each request in chunks, with one header that is not ASCII."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Name: 金\r\n\r\n"
        half = len(ANSWER) // 2
        chunks = [b"%x\r\n%b\r\n" % (len(c), c) for c in (ANSWER[:half], ANSWER[half:], b"")]
        self.wfile.write(head.encode() + b"".join(chunks))


@contextmanager
def chunked() -> Iterator[str]:
    """The address of a server that answers in chunks."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Chunked) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_a_chunked_answer_is_kept_whole_and_claims_no_chunks(finews: Any, tmp_path: Path) -> None:
    with chunked() as url:
        places = {"FINEWS_BASE_URL": url, "NEWSSHARE_BASE_URL": url, "CAPTURE_DIR": "captures"}
        finews("crawl", "newsshare", "-a", f"codes={CODE}", **places)
    [file] = capture_files(tmp_path / "captures")
    _check(file)
    *_, capture = read_captures(file)
    assert isinstance(capture, Capture)
    assert capture.body == ANSWER
    headers = {name.lower(): value for name, value in capture.headers}
    assert "transfer-encoding" not in headers
    assert headers.get("content-length", str(len(ANSWER))) == str(len(ANSWER))
    assert headers["x-name"] == "金"


def test_without_a_folder_nothing_is_kept(
    finews: Any, at: Any, serve_routes: Callable[..., Any], tmp_path: Path
) -> None:
    site = serve_routes({API: ANSWER.decode()})
    finews("crawl", "newsshare", "-a", f"codes={CODE}", **at(site))
    assert list(tmp_path.rglob("*.warc.gz")) == []


def test_files_follow_each_other_by_size(
    finews: Any, at: Any, serve_routes: Callable[..., Any], tmp_path: Path
) -> None:
    site = serve_routes({API: ANSWER.decode()})
    words = ["-a", f"codes={CODE}", "-s", "CAPTURE_FILE_BYTES=1"]
    finews("crawl", "newsshare", *words, **at(site), CAPTURE_DIR="captures")
    names = [file.name for file in capture_files(tmp_path / "captures")]
    assert [name[-14:] for name in names] == ["-00001.warc.gz", "-00002.warc.gz"]


def test_a_folder_that_cannot_be_written_is_exit_2(
    finews: Any, at: Any, serve_routes: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    site = serve_routes({API: ANSWER.decode()})
    words = ["crawl", "newsshare", "-a", f"codes={CODE}"]
    for place, why in (("file", "is a file, not a folder"), ("file/deeper", "Not a directory")):
        done = finews(*words, code=2, **at(site), CAPTURE_DIR=place)
        assert "CAPTURE_DIR" in done.last
        assert why in done.last
    assert site.requests == []


def test_a_capture_that_cannot_be_written_ends_the_crawl_and_is_asked_for_again(
    finews: Any,
    at: Any,
    serve_routes: Callable[..., Any],
    answer: Any,
    exported: Any,
    store: Store,
    tmp_path: Path,
) -> None:
    held = answer(ANSWER, hold=threading.Event())
    site = serve_routes({API: held})
    words = ["crawl", "newsshare", "-a", f"codes={CODE}"]
    process = finews.start(
        *words, "-s", "CAPTURE_FILE_BYTES=1", **at(site), CAPTURE_DIR=str(tmp_path / "captures")
    )
    site.wait_for(API)
    (tmp_path / "captures").rename(tmp_path / "away")
    (tmp_path / "captures").write_text("no folder")
    held.hold.set()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    last = err.splitlines()[-1]
    assert last.startswith("finews: the raw capture failed (")
    assert last.endswith("Not a directory); mend CAPTURE_DIR, and the same command goes on")
    assert exported() == []
    assert [link.url for link in Ledger(store, "test").owed("share")] == [LINK]
    finews(*words, **at(site), CAPTURE_DIR=str(tmp_path / "away"))
    assert len(exported()) == 1
