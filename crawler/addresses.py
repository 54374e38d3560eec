"""Addresses of the site and of its upstream: which link is which, and where it is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit

from w3lib.url import safe_url_string

LinkKind = Literal["home", "feed", "category", "post", "share"]

OLD_SITE_HOSTS = frozenset({"finews.withounder.com", "finews.zning.me"})
SHARE_PAGE = "html_News/NewsShare.html"
SHARE_API = "NewsData/GetNewsText.do"
CANONICAL_SHARE_BASE = "http://finews.zning.xyz/"

POST_PATH = re.compile(
    r"/(?P<category>.*?)/?(?P<y>\d{4})/(?P<m>\d\d)/(?P<d>\d\d)/(?P<id>[^/]+)\.html", re.ASCII
)
CATEGORY_PATH = re.compile(r"/category/(?P<slug>[^/]+)\.html")
OLD_CATEGORY_PATH = re.compile(r"/(?P<slug>[^/.{}]+)/")
URL_DAY = re.compile(r"/(\d{4})/(\d\d)/(\d\d)/[^/]+\.html$", re.ASCII)
INFO_CODE = re.compile(r"NW(?P<day>\d{8})\d{10}", re.ASCII)
BRIEF_ID = re.compile(r"(?P<day>\d{8})\d{4,}", re.ASCII)
LONGEST_KNOWN = 300
ARTICLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?", re.ASCII)
# What a URI holds in no place behind its host, and a percent sign that begins no code.
NOT_IN_ADDRESS = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})", re.ASCII)
# Tabs and the ends of lines are no part of an address, and a backslash is a slash.
AS_BROWSERS = {**dict.fromkeys(map(ord, "\t\r\n")), ord("\\"): "/"}
TEMPLATE = re.compile(r"\{\{|\}\}|\{%|%7[Bb]%7[Bb]")


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the site: its canonical address, what it is, and what its address tells.

    `article_id` of a share link is the id of the post that it belongs to.
    """

    url: str
    kind: LinkKind
    article_id: str | None = None
    category: str | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """The three base URLs, each ending in a slash."""

    base_url: str
    canonical_url: str
    share_base_url: str

    def link(self, href: str, page: str | None = None) -> Link | None:
        """The link that `href` on the canonical address `page` is; None when it is not the site's.

        Template leftovers, fragments, foreign hosts and addresses of no known form are None.
        """
        href = href.strip()
        if not href or href.startswith("#") or TEMPLATE.search(href):
            return None
        try:
            parts = urlsplit(urljoin(page or self.canonical_url, href))
            host = parts.netloc.lower()
            if parts.scheme not in ("http", "https") or host not in _own_hosts(self):
                return None
            return self._classify(self._inside(host, unquote(parts.path)))
        except ValueError:
            # No address at all, or one with half a character in it, which no address can hold.
            return None

    def _inside(self, host: str, path: str) -> str:
        """The path below the base URL of its host, beginning with a slash."""
        for base in map(urlsplit, (self.canonical_url, self.base_url)):
            prefix = base.path.rstrip("/")
            if host == base.netloc.lower() and prefix and path.startswith(f"{prefix}/"):
                return path[len(prefix) :]
        return path

    def _classify(self, path: str) -> Link | None:
        if path in ("", "/", "/index.html"):
            return self.home
        if path == "/feed.xml":
            return self.feed
        if match := CATEGORY_PATH.fullmatch(path):
            return self.category(match["slug"])
        if match := POST_PATH.fullmatch(path):
            return self._post(path, match)
        if match := OLD_CATEGORY_PATH.fullmatch(path):
            return self.category(match["slug"])
        return None

    def _post(self, path: str, match: re.Match[str]) -> Link | None:
        try:
            day = date(int(match["y"]), int(match["m"]), int(match["d"]))
        except ValueError:
            return None
        if not ARTICLE_ID.fullmatch(match["id"]):
            return None
        category = match["category"].replace("/", "") or None
        url = self.canonical_url + quote(path[1:], safe="/()")
        return Link(url, "post", match["id"], category, day)

    @property
    def home(self) -> Link:
        """The link of the home page."""
        return Link(self.canonical_url, "home")

    @property
    def feed(self) -> Link:
        """The link of the Atom feed."""
        return Link(f"{self.canonical_url}feed.xml", "feed")

    def category(self, slug: str) -> Link:
        """The link of a category's page."""
        return Link(
            f"{self.canonical_url}category/{quote(slug, safe='()')}.html", "category", None, slug
        )

    def share(self, info_code: str, article_id: str | None = None) -> Link:
        """The link of an article's share answer, under its public address."""
        return Link(share_url(info_code), "share", article_id or info_code)

    def request_url(self, link: Link) -> str:
        """Where a link is asked for: the same path under the configured base URLs."""
        if link.kind == "share":
            return f"{self.share_base_url}{SHARE_API}?id={info_code_of(link.url)}"
        return self.base_url + link.url[len(self.canonical_url) :]

    def asked(self, url: str, article_id: str | None = None) -> Link | None:
        """The link that is asked for at an address, or that it is; None when it is not the site's.

        `article_id`: the post that a share link belongs to, where it is known.
        """
        if code := info_code_of(url) or self._api_code(url):
            return self.share(code, article_id)
        return self.link(url)

    def _api_code(self, url: str) -> str | None:
        """The infoCode that the share API is asked for; None for any other address."""
        try:
            parts = urlsplit(url)
            codes = parse_qs(parts.query).get("id", [])
        except ValueError:
            return None
        for base in map(urlsplit, (self.share_base_url, CANONICAL_SHARE_BASE)):
            if parts.netloc.lower() == base.netloc.lower() and parts.path == base.path + SHARE_API:
                return next((code for code in codes if INFO_CODE.fullmatch(code)), None)
        return None


@lru_cache
def _own_hosts(site: Site) -> frozenset[str]:
    bases = (site.base_url, site.canonical_url)
    return OLD_SITE_HOSTS.union(urlsplit(base).netloc.lower() for base in bases)


def share_url(info_code: str) -> str:
    """The public NewsShare address of an infoCode."""
    return f"{CANONICAL_SHARE_BASE}{SHARE_PAGE}?infoCode={info_code}"


def info_code_of(href: str) -> str | None:
    """The infoCode that a NewsShare link carries, whatever its host; None for any other link."""
    # A link is looked at several times on its way; a long one is none of the site's.
    return _known_code(href) if len(href) <= LONGEST_KNOWN else _info_code(href)


def _info_code(href: str) -> str | None:
    if "infoCode" not in href.translate(AS_BROWSERS) and "%" not in href:
        return None
    try:
        parts = urlsplit(href.strip())
        codes = parse_qs(parts.query).get("infoCode", [])
    except ValueError:
        return None
    if not parts.path.endswith("/NewsShare.html"):
        return None
    return next((code for code in codes if INFO_CODE.fullmatch(code)), None)


_known_code = lru_cache(1024)(_info_code)


def origin_url(href: str) -> str | None:
    """The eastmoney.com news page that a brief comes from, if a link is one; else None."""
    if "/news/" not in href.translate(AS_BROWSERS):
        return None
    address = web_address(href, "http:") if "//" in href else None
    parts = urlsplit(address or "")
    is_origin = (parts.hostname or "").endswith(".eastmoney.com") and parts.path.startswith(
        "/news/"
    )
    return address if is_origin else None


def web_address(href: str, base: str) -> str | None:
    """The absolute http(s) address of a link on a page, as a valid URI; None where it is none."""
    try:
        address = safe_url_string(urljoin(base, href.strip()))
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(host):
        return None
    place = f"{host}:{port}" if port else host
    rest = NOT_IN_ADDRESS.sub(
        lambda m: quote(m[0], safe=""), parts._replace(scheme="", netloc="").geturl()
    )
    return f"{parts.scheme}://{place}{rest}"


def day_of_id(article_id: str) -> date | None:
    """The day that an id begins with; None where it tells none."""
    match = INFO_CODE.fullmatch(article_id) or BRIEF_ID.fullmatch(article_id)
    if match is None:
        return None
    digits = match["day"]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def day_of_url(url: str | None) -> date | None:
    """The day in a post's address; None where it has none."""
    match = URL_DAY.search(url or "")
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def is_info_code(text: str) -> bool:
    """Whether a text is an infoCode: NW and 18 digits."""
    return INFO_CODE.fullmatch(text) is not None
