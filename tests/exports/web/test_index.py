"""The index, as text and as a real browser shows it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest

from crawler.exports.web.index import MARK, index_page
from crawler.exports.web.places import places
from crawler.store.groups import Group
from tests.exports.web.made import article, update, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.store.connection import Store

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(not BROWSER, reason="chromium is not there")
NOON = datetime(2021, 12, 31, 4, tzinfo=UTC)
LONG = f"{'很长的名字' * 20}{'VeryLongName' * 20}"
# Shows a page at two widths, and tells how it came out.
LOOK = """<!DOCTYPE html><meta charset="utf-8">
<iframe src="site/index.html" width="390" height="900"></iframe>
<iframe src="site/index.html" width="1280" height="900"></iframe>
<pre id="told"></pre>
<script>
const all = (page, what) => [...page.querySelectorAll(what)];
window.onload = () => {
  const told = all(document, "iframe").map(({ contentDocument: page }) => ({
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    widest: Math.max(...all(page, "body *").map((one) => one.getBoundingClientRect().right)),
    width: page.documentElement.clientWidth,
    rows: all(page, "tbody tr").map((row) => row.querySelector("th").textContent),
    counts: all(page, "td.n").map((one) => one.textContent),
    links: all(page, "a, link").map((one) => one.getAttribute("href")),
    unsafe: all(page, "script, img, iframe, [onload], [onerror]").length,
    title: page.title,
    language: page.documentElement.lang,
    paper: getComputedStyle(page.body).backgroundColor,
    policy: page.querySelector("meta[http-equiv]").content,
  }));
  document.getElementById("told").textContent = JSON.stringify(told);
};
</script>
"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A static web server's address of a folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def looked_at(folder: Path, is_dark: bool = False) -> list[Any]:
    """What a browser tells of `site/index.html`, 390 and 1280 pixels wide."""
    (folder / "look.html").write_text(LOOK, encoding="utf-8")
    with served(folder) as address:
        words = [
            *(str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--user-data-dir={folder / 'browser'}", "--enable-logging=stderr"),
            f"--blink-settings=preferredColorScheme={0 if is_dark else 1}",
            *("--virtual-time-budget=20000", "--dump-dom", f"{address}look.html"),
        ]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    assert "Content Security Policy" not in done.stderr
    found = re.search(r'<pre id="told">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout
    told: list[Any] = json.loads(unescape(found[1]))
    return told


def page(*groups: Group) -> str:
    return index_page(places(groups))


def row_of(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if name in line and line.startswith("<tr>"))


def test_it_tells_of_all_articles() -> None:
    text = page(
        Group("all", "", None, 51234, 9, NOON, NOON),
        Group("category", "a", "甲", 3, 9, NOON, NOON),
        Group("symbol", "601318.SH", "中国平安", 1, 9, NOON, NOON),
        Group("symbol", "NIO.US", None, 1, 9, None, NOON),
    )
    assert "<title>金融消息</title>" in text
    assert "共 51,234 篇 · 1 个分类 · 2 只证券" in text
    assert '更新于 <time datetime="2021-12-31T12:00:00+08:00">2021-12-31 12:00</time>' in text
    assert MARK in text[:1000]
    for kind, name in (("application/atom+xml", "atom"), ("application/feed+json", "json")):
        assert f'type="{kind}" title="金融消息" href="all/feed.{name}">' in text
    assert "<time" not in row_of(text, "NIO.US")
    assert "<code><bdi>601318.SH</bdi></code>" in row_of(text, "中国平安")


def test_the_most_articles_come_first() -> None:
    few, more, as_many = (
        Group("category", key, None, n) for key, n in zip("abc", (1, 5, 5), strict=True)
    )
    text = page(few, as_many, more)
    rows = re.findall(r'<th scope="row"><bdi>(.)</bdi>', text)
    assert rows == ["b", "c", "a"]


def test_names_are_shown_and_not_obeyed() -> None:
    text = page(Group("category", "'\"><img src=x>", "<script>alert(1)</script>&amp;", 1))
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;" in text
    assert re.search(r'href="category/[\w%.]+/feed.atom"', text)


@needs_browser
def test_a_browser_shows_it(store: Store, tmp_path: Path) -> None:
    odd = {"../../etc": None, "Wind(A)": "Wind资讯", "<script>": "<script>x</script>", "x": LONG}
    write(
        store,
        *(article(n, category=key, category_name=odd[key]) for n, key in enumerate(odd)),
        article(9, "601318.SH", "00700.HK"),
        article(10, "601318.SH"),
    )
    folder = tmp_path / "site"
    update(store, folder)
    light, dark = looked_at(tmp_path), looked_at(tmp_path, is_dark=True)
    for told in (*light, *dark):
        assert told["overflow"] <= 0
        assert told["widest"] <= told["width"]
        assert told["unsafe"] == 0
        assert (told["title"], told["language"]) == ("金融消息", "zh-CN")
        assert told["rows"] == [
            *("北方网 beifangwang", "../../etc", "<script>x</script> <script>"),
            *("Wind资讯 Wind(A)", f"{LONG} x", "名601318.SH 601318.SH", "名00700.HK 00700.HK"),
        ]
        assert told["counts"] == ["2", "1", "1", "1", "1", "2", "1"]
        assert told["policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert [told["width"] for told in light] == [390, 1280]
    assert light[0]["paper"] == "rgb(246, 247, 249)"
    assert dark[0]["paper"] == "rgb(17, 20, 24)"

    own = {link for link in light[0]["links"] if not link.startswith(("https:", "#"))}
    files = {
        str(path.relative_to(folder)) for path in folder.glob("[!.]*/**/*.*") if path.is_file()
    }
    with served(tmp_path) as address:
        bodies = set()
        for link in own:
            with urlopen(urljoin(f"{address}site/index.html", link)) as answer:
                bodies.add((link.rpartition("/")[2], answer.read()))
    assert len(own) == len(files) == 8 * 3
    assert bodies == {(path.rpartition("/")[2], (folder / path).read_bytes()) for path in files}


@needs_browser
def test_thousands_of_rows(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    groups = [Group("category", f"c{n}", f"分类{n}", n, n, NOON, NOON) for n in range(2000)]
    groups += [Group("symbol", f"{n:06}.SH", f"证券{n}", n, n, NOON, NOON) for n in range(5000)]
    text = page(*groups)
    assert len(text.encode()) < 4_000_000
    (tmp_path / "site" / "index.html").write_text(text, encoding="utf-8")
    for told in looked_at(tmp_path):
        assert (len(told["rows"]), told["overflow"]) == (7000, 0)
