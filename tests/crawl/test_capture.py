"""Reading back the captures of a crawl gives the same articles, byte for byte in the export."""

from __future__ import annotations

import gzip
import json
import threading
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.captures.reading import Capture, capture_files, read_captures
from crawler.store.links import Ledger
from crawler.store.rejects import Rejects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.store.connection import Store

CODE = "NW202112310000000001"
API = f"/NewsData/GetNewsText.do?id={CODE}"
LINK = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={CODE}"
HOME = "https://finews.withounder.com"
PATHS = [f"/techweb/2021/12/31/202112310{n}.html" for n in range(4)]
FOOT = '<p><a href="/category/TechWeb.html">返回TechWeb新闻</a></p>'
DAY = "2021-12-31T07:07:45Z"


@pytest.fixture
def capturing(at: Any, database: str) -> Callable[[Any], dict[str, str]]:
    """The settings of a crawl that captures, into a database of its own."""
    return lambda site: {
        **at(site),
        "MONGODB_DATABASE": f"{database}_live",
        "CAPTURE_DIR": "captures",
    }


@pytest.fixture
def live(finews: Any, database: str) -> Callable[[], str]:
    """What the capturing crawl's database exports."""
    return lambda: str(
        finews("export", "--include-duplicates", MONGODB_DATABASE=f"{database}_live").out
    )


@pytest.fixture
def back(finews: Any) -> Callable[..., Any]:
    """Reads the captures into the test's own database; no server is named."""
    return lambda *words, code=0: finews(
        "crawl", "archive", "-a", "warc=captures", *words, code=code
    )


def layout(content: str) -> str:
    return f"<html><body><header></header><section>{content}</section></body></html>"


def post(title: str, foot: str = "") -> str:
    date = "<small>(GMT+8, Asia/Shanghai, CST) 2021-12-31 15:07:45</small>"
    tags = "<small>tags: <em>TechWeb新闻</em></small>"
    return layout(f"{date}<h1>{title}</h1><p>正文。</p>{foot}{tags}")


def feed(entries: dict[str, str]) -> str:
    entry = '<entry><title>{}</title><link href="{}"/><content>{}的正文。</content></entry>'
    told = "".join(entry.format(title, path, title) for path, title in entries.items())
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{told}</feed>'


def listing(*paths: str) -> str:
    items = "".join(f'<li><a href="{path}">x</a></li>' for path in paths)
    return layout(f"<h2>TechWeb新闻</h2><ul>{items}</ul>")


def test_the_sample_site(
    finews: Any,
    sample: Any,
    at: Any,
    capturing: Any,
    live: Any,
    back: Any,
    exported: Any,
    store: Store,
) -> None:
    finews("crawl", "finews", code=1, **capturing(sample))
    done = back("-O", "out.jsonl", code=1)
    assert "1 rejected: 52 seen; articles: 52 new" in done.last
    assert finews("export", "--include-duplicates").out == live()
    assert len(exported()) == 52
    assert {category for article in exported() if (category := article["category"])} >= {"TechWeb"}
    # The same once more changes nothing.
    assert "0 new, 0 changed" in back(code=1).last
    assert finews("export", "--include-duplicates").out == live()

    already = len(sample.requests())
    done = finews("crawl", "finews", code=1, **at(sample))
    assert "52 seen; articles: 0 new, 0 changed" in done.last
    posts = [path for path in sample.requests()[already:] if "/2021/" in path]
    assert posts == []
    [reject] = Rejects(store).select()
    assert (reject.stage, reject.article_id) == ("page/share", "NW202112132212035597")
    assert reject.url.endswith("infoCode=NW202112132212035597")


def test_the_sample_site_by_several_processes(
    finews: Any, sample: Any, capturing: Any, live: Any, back: Any, store: Store
) -> None:
    """All that is of an article is in one part; what lists and footers tell is for all of them."""
    finews("crawl", "finews", code=1, **capturing(sample))
    done = back("--workers", "3", code=1)
    assert "1 of 3 processes did not end well; articles: 52 new, " in done.last
    assert finews("export", "--include-duplicates").out == live()
    assert len(list(Rejects(store).select())) == 1


def test_damage_is_told_by_just_one_of_several_processes(
    finews: Any, tmp_path: Path, store: Store
) -> None:
    """What stands between records each of them meets, what is in a record only one."""
    folder = tmp_path / "captures"
    folder.mkdir()
    records = [
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://127.0.0.1:9/{number}\r\n"
        "WARC-Date: 2021-12-31T07:07:45Z\r\nContent-Type: application/http\r\n"
        "Content-Length: 19\r\n\r\nnonsense 200 OK\r\n\r\n\r\n\r\n"
        for number in range(8)
    ]
    (folder / "a.warc").write_bytes("".join([*records, "rubbish\r\n\r\n", records[0]]).encode())
    told = []
    for workers in ("1", "3"):
        finews("crawl", "archive", "-a", "warc=captures", "--workers", workers, code=1)
        told.append(sorted((kept.url, kept.reason) for kept in Rejects(store).select()))
    assert told[0] == told[1]
    assert len(told[0]) == 10


def test_a_crawl_of_share_answers(
    finews: Any,
    serve_routes: Callable[..., Any],
    capturing: Any,
    live: Any,
    back: Any,
    store: Store,
) -> None:
    codes = [f"NW20211231000000000{n}" for n in range(3)]
    texts = [{"text": "<p>甲。</p>"}, {"content": "<p>乙。</p>"}, {"text": "", "title": "空"}]
    api = API.removesuffix(CODE)
    routes = {api + code: json.dumps(text) for code, text in zip(codes, texts, strict=True)}
    words = ["-a", f"codes={','.join(codes)}"]
    finews("crawl", "newsshare", *words, code=1, **capturing(serve_routes(routes)))
    done = back()
    assert "3 seen; articles: 2 new" in done.last
    assert finews("export", "--include-duplicates").out == live()
    assert [link.article_id for link in Ledger(store, "test").owed("share")] == codes[2:]
    assert Ledger(store, "test").counts() == {"stored": 2, "new": 1}


def test_two_crawls_with_all_that_can_happen_on_the_wire(
    finews: Any,
    serve_routes: Callable[..., Any],
    answer: Any,
    capturing: Any,
    live: Any,
    back: Any,
    exported: Any,
    store: Store,
) -> None:
    """Compressed, moved, missing, down for a moment, changed; a post without a footer."""
    moved, packed, missing, down = PATHS
    share = f'<p><a href="{LINK}">{LINK}</a></p>'
    held = answer("down", 503, hold=threading.Event())
    zipped = answer(
        gzip.compress(post("乙", share + FOOT).encode()), 200, {"Content-Encoding": "gzip"}
    )
    routes = {
        "/": listing(*PATHS),
        "/feed.xml": feed({packed: "乙", missing: "丙"}),
        "/category/TechWeb.html": listing(*PATHS),
        moved: answer("", 301, {"Location": "/elsewhere/甲.html".encode().decode("latin-1")}),
        "/elsewhere/%E7%94%B2.html": post("甲"),
        packed: zipped,
        down: held,
        API: json.dumps({"text": "", "title": "乙的题", "medianame": "新华社"}),
    }
    site = serve_routes(routes)
    process = finews.start("crawl", "finews", **capturing(site))
    site.wait_for(down)
    site.routes[down] = post("丁")
    held.hold.set()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "4 seen; articles: 4 new" in err.splitlines()[-1]
    assert site.requests.count(down) == 2
    site.routes["/feed.xml"] = feed({packed: "乙", missing: "丙的新题"})
    finews("crawl", "finews", "-s", "CAPTURE_FILE_BYTES=1", code=1, **capturing(site))

    back()

    assert finews("export", "--include-duplicates").out == live()
    told = {article["title"]: article for article in exported()}
    assert set(told) == {"甲", "乙的题", "丙的新题", "丁"}
    assert told["乙的题"]["source"] == "新华社"
    assert {article["category"] for article in told.values()} == {"TechWeb"}
    states = {
        link["_id"].removeprefix(HOME): link["state"] for link in store.collection("links").find()
    }
    assert {path: states[path] for path in PATHS} == {
        moved: "stored",
        packed: "stored",
        missing: "new",
        down: "stored",
    }


def test_without_share_links_none_is_read(
    finews: Any, sample: Any, capturing: Any, exported: Any
) -> None:
    finews("crawl", "finews", "-a", "category=beifangwang", **capturing(sample))
    finews("crawl", "archive", "-a", "warc=captures", FOLLOW_SHARE_LINKS="0")
    assert {kind for article in exported() for kind in article["provenance"]} == {"page"}


def test_the_captures_of_a_killed_crawl(
    finews: Any,
    serve_routes: Callable[..., Any],
    answer: Any,
    capturing: Any,
    back: Any,
    exported: Any,
    store: Store,
    tmp_path: Path,
) -> None:
    held = answer(post("晚"), hold=threading.Event())
    early, late = PATHS[:2]
    site = serve_routes(
        {
            "/": listing(*PATHS[:2]),
            "/feed.xml": feed({early: "早"}),
            "/category/TechWeb.html": listing(early),
            early: post("早", FOOT),
            late: held,
        }
    )
    process = finews.start("crawl", "finews", "-s", "CONCURRENT_REQUESTS=1", **capturing(site))
    site.wait_for(late)
    process.kill()
    process.communicate()
    held.hold.set()
    [file] = capture_files(tmp_path / "captures")
    # As if the kill had come while the last record was written.
    file.write_bytes(file.read_bytes()[:-20])
    captured = [found for found in read_captures(file) if isinstance(found, Capture)]
    paths = [capture.url[len(site.url) - 1 :] for capture in captured]
    assert paths == site.requests[: len(paths)]
    assert early in paths

    done = back()

    assert "; it is passed over" in done.err
    assert [(a["title"], set(a["provenance"])) for a in exported()] == [("早", {"page", "feed"})]
    assert [link.url for link in Ledger(store, "test").owed("post")] == [HOME + late]


def test_damage_in_a_file_is_kept_in_rejects_and_costs_one_article(
    finews: Any, sample: Any, capturing: Any, back: Any, exported: Any, store: Store, tmp_path: Path
) -> None:
    variables = {**capturing(sample), "FOLLOW_SHARE_LINKS": "0"}
    finews("crawl", "finews", "-a", "category=beifangwang", **variables)
    [file] = capture_files(tmp_path / "captures")
    content = bytearray(file.read_bytes())
    last = content.rindex(b"\x1f\x8b\x08", 0, content.rindex(b"\x1f\x8b\x08"))
    content[last + 40] ^= 0xFF
    file.write_bytes(content)
    done = back(code=1)
    assert "1 rejected: 34 seen; articles: 3 new" in done.last
    assert f"captures/{file.name}, byte {last}: " in done.last
    [reject] = Rejects(store).select()
    assert (reject.stage, reject.url) == ("capture", f"captures/{file.name}, byte {last}")


def foreign(folder: Path, pages: dict[str, bytes], **headers: str) -> None:
    """A WARC file as another tool writes it."""
    folder.mkdir()
    with (folder / "other.warc").open("wb") as out:
        writer = WARCWriter(out, gzip=False)
        for address, body in pages.items():
            head = StatusAndHeaders("200 OK", list(headers.items()), protocol="HTTP/1.1")
            told = {"http_headers": head, "warc_headers_dict": {"WARC-Date": DAY}}
            writer.write_record(
                writer.create_warc_record(address, "response", BytesIO(body), len(body), **told)
            )


def test_the_files_of_other_tools_are_read_by_their_addresses(
    back: Any, exported: Any, tmp_path: Path
) -> None:
    pages = {
        f"http://finews.zning.me{PATHS[1]}": post("乙"),
        f"{HOME}{PATHS[0]}": post("甲", FOOT),
        f"http://finews.zning.xyz{API}": json.dumps({"text": "<p>丙。</p>"}),
        "https://elsewhere.example/2021/12/31/202112319.html": post("丁"),
        f"{HOME}/assets/style.css": "body {}",
    }
    foreign(tmp_path / "captures", {address: page.encode() for address, page in pages.items()})
    back()
    told = {article["id"]: article for article in exported()}
    assert {key: article["title"] for key, article in told.items()} == {
        "2021123100": "甲",
        "2021123101": "乙",
        CODE: None,
    }
    assert told["2021123100"]["first_seen_at"] == "2021-12-31T07:07:45.000Z"
    assert told["2021123101"]["url"] == f"{HOME}{PATHS[1]}"
    assert told["2021123101"]["category"] == "TechWeb"


def test_what_cannot_be_read_is_kept_and_still_to_be_had(
    back: Any, exported: Any, store: Store, tmp_path: Path
) -> None:
    pages = {PATHS[0]: post("甲"), PATHS[1]: "<p>no page", "/feed.xml": "<p>", "/": "x"}
    foreign(tmp_path / "captures", {HOME + path: page.encode() for path, page in pages.items()})
    done = back(code=1)
    assert "3 rejected: 2 seen; articles: 1 new" in done.last
    stages = {reject.url: reject.stage for reject in Rejects(store).select()}
    assert stages == {
        HOME + PATHS[1]: "page/post",
        f"{HOME}/feed.xml": "page/feed",
        f"{HOME}/": "page/home",
    }
    assert [link.url for link in Ledger(store, "test").owed("post")] == [HOME + PATHS[1]]


def test_a_body_that_is_not_encoded_as_it_says_is_kept(
    back: Any, store: Store, tmp_path: Path
) -> None:
    pages = {HOME + PATHS[0]: b"no gzip"}
    foreign(tmp_path / "captures", pages, **{"Content-Encoding": "gzip"})
    back(code=1)
    [reject] = Rejects(store).select()
    assert (reject.stage, Rejects(store).get(reject.id).raw) == ("page/post", b"no gzip")


def test_sources_and_captures_at_once(finews: Any, exported: Any, tmp_path: Path) -> None:
    foreign(tmp_path / "captures", {HOME + PATHS[0]: post("甲", FOOT).encode()})
    (tmp_path / "posts").mkdir()
    source = "---\ntitle: 源\ncategories: TechWeb\n---\n正文。"
    (tmp_path / "posts" / "2021-12-31-2021123100.md").write_text(source, encoding="utf-8")
    words = ["-a", "path=posts", "-a", "warc=captures/other.warc", "-a", "observed=2021-12-31"]
    finews("crawl", "archive", *words)
    [article] = exported()
    assert article["title"] == "源"
    times = {key: told["observed_at"] for key, told in article["provenance"].items()}
    assert times == {
        "front_matter:2021-12-31-2021123100.md": "2021-12-30T16:00:00.000Z",
        "page": "2021-12-31T07:07:45.000Z",
    }


def test_captures_without_any_article_are_an_empty_crawl(back: Any, tmp_path: Path) -> None:
    foreign(tmp_path / "captures", {"https://elsewhere.example/": b"x"})
    assert back(code=1).last.startswith("finews: nothing crawled: no post was listed")


def test_many_captures_are_all_stored(back: Any, tmp_path: Path) -> None:
    pages = {f"{HOME}/techweb/2021/12/31/20211231{n:06}.html": post(str(n)) for n in range(500)}
    entries = {f"/2021/12/30/20211230{n:06}.html": str(n) for n in range(500)}
    pages[f"{HOME}/feed.xml"] = feed(entries)
    foreign(tmp_path / "captures", {address: page.encode() for address, page in pages.items()})
    assert "1000 seen; articles: 1000 new" in back().last
