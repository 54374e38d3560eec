"""A post's body: the article itself, and what stands around it (digest, attribution, links)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.addresses import OLD_SITE_HOSTS, info_code_of, origin_url, share_url
from crawler.media import known_media
from crawler.pages.tree import (
    TEXT,
    cut_text,
    fold_spaces,
    holds_picture,
    remove,
    seen_text,
    shows_text,
    visible_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

# A medium's name, with brackets in it perhaps: 安信国际证券(香港). No sentence is one.
MEDIUM = r"(?P<medium>(?:[^（()）。，；,;]|[（(][^（()）]*[）)]){0,40}?)"
ATTRIBUTION = rf"[（(]\s*文章来源\s*[:：]\s*{MEDIUM}\s*[）)]\s*[。.]?\s*"
WHOLE_ATTRIBUTION = re.compile(ATTRIBUTION)
TRAILING_ATTRIBUTION = re.compile(f"{ATTRIBUTION}$")
# A paragraph of its own class may leave out a word, and the brackets.
MARKED_ATTRIBUTION = re.compile(rf"[（(]?\s*(?:文章)?来源\s*[:：]\s*{MEDIUM}\s*[）)]?\s*[。.]?")
LONGEST_ATTRIBUTION = 120
EDITOR = re.compile(r"[（(]\s*(?:责任)?编辑\s*[:：][^（()）]*[）)]")
LAST_BRACKET = re.compile(r"[（(](?P<medium>[^（()）]+)[）)]\s*[。.]?\s*$")
ATTRIBUTION_CLASS = "em_media"
MAYBE_MARKED = etree.XPath(f"descendant-or-self::*[contains(@class, '{ATTRIBUTION_CLASS}')]")
XML_SPACE = re.compile(r"[ \t\r\n]+")
FOOTER_TEXT = re.compile(r"返回(?P<name>首页|.+新闻)")
FOOTER_SLUG = re.compile(r"(?:^|/)(?:category/(?P<slug>[^/]+)\.html|(?P<old>[^/.]+)/)$")
BETWEEN_LINKS = re.compile(r"[\s｜|<>]*")
HOME_NAME = "首页"
TAG_ENDING = "新闻"


@dataclass(slots=True)
class Body:
    """The parts of a body. `tree` holds the article alone."""

    tree: HtmlElement
    digest: str | None = None
    source: str | None = None
    info_code: str | None = None
    origin_url: str | None = None
    category: str | None = None
    # The old form of a footer's address, /emnews/, need not have the slug's own letters.
    category_certain: bool = False
    category_name: str | None = None

    @property
    def share_url(self) -> str | None:
        """The NewsShare link, on its present host."""
        return share_url(self.info_code) if self.info_code else None


def read_body(tree: HtmlElement) -> Body:
    """Take footer links, attribution and digest out of a body's tree, and tell what they said."""
    body = Body(tree)
    _take_tail(body)
    body.source = _take_attribution(tree) or _last_bracket(tree)
    body.digest = _take_digest(tree)
    return body


def name_of_tag(tag: str) -> str:
    """The category's name in a tag: 北方网 for 北方网新闻."""
    return tag.removesuffix(TAG_ENDING) or tag


def category_of_tags(tags: list[str]) -> str | None:
    """The category's name in a post's tags; Jekyll splits `Wind (A)新闻` at its space."""
    for number, tag in enumerate(tags, 1):
        if tag.endswith(TAG_ENDING):
            return name_of_tag(" ".join(tags[:number]))
    return tags[0] if tags else None


def _take_tail(body: Body) -> None:
    """Remove the paragraphs of share, origin and footer links from the end."""
    for block in reversed(list(body.tree)):
        if not isinstance(block.tag, str):
            continue
        if (block.tail or "").strip():
            break
        if _shows_nothing(block):
            continue
        links = _tail_links(block)
        if links is None:
            _take_last_links(body, block)
            break
        for link in links:
            _read_link(body, link)
        remove(block)


def _take_last_links(body: Body, block: HtmlElement) -> None:
    """Remove the same links where Markdown put them into the last paragraph of the text."""
    while block.tag == "p" and len(block):
        last = block[-1]
        if last.tag != "a" or not BETWEEN_LINKS.fullmatch(last.tail or ""):
            return
        link = _tail_link(last)
        if link is None or not link.text:
            return
        _read_link(body, link)
        last.tail = None
        remove(last)


@dataclass(frozen=True, slots=True)
class _TailLink:
    """A share, origin or footer link. `footer`: the match of a footer's words."""

    text: str
    href: str
    footer: re.Match[str] | None = None


def _tail_links(block: HtmlElement) -> list[_TailLink] | None:
    """The links of a block that holds nothing else; None for any other block."""
    if block.tag not in ("p", "a", "small", "hr", "div", "center") or holds_picture(block):
        return None
    links: list[_TailLink] = []
    for anchor in block.iter("a"):
        link = _tail_link(anchor)
        if link is None:
            return None
        links.append(link)
    rest = visible_text(block)
    for link in links:
        rest = rest.replace(link.text, "", 1)
    return links if BETWEEN_LINKS.fullmatch(rest) else None


def _tail_link(anchor: HtmlElement) -> _TailLink | None:
    """What a link says, if it is one of these; None for any other link."""
    href = anchor.get("href", "")
    text = visible_text(anchor)
    if footer := FOOTER_TEXT.fullmatch(text):
        return _TailLink(text, href, footer) if _is_on_site(href) else None
    if text in (href, "") and (info_code_of(href) or origin_url(href)):
        return _TailLink(text, href)
    return None


def _is_on_site(href: str) -> bool:
    try:
        return urlsplit(href).netloc in {"", *OLD_SITE_HOSTS}
    except ValueError:
        return False


def _shows_nothing(block: HtmlElement) -> bool:
    """Whether a block is hidden, a script or empty; links and rules belong to the footer."""
    kept = next(block.iter("a", "hr", "img", "table"), None)
    return kept is None and not shows_text(block)


def _read_link(body: Body, link: _TailLink) -> None:
    href = link.href.strip()
    if code := info_code_of(href):
        body.info_code = code
    elif origin := origin_url(href):
        body.origin_url = origin
    elif link.footer and link.footer["name"] != HOME_NAME:
        body.category_name = name_of_tag(link.footer["name"])
        if slug := FOOTER_SLUG.search(href):
            body.category = unquote(slug["slug"] or slug["old"])
            body.category_certain = slug["slug"] is not None


def _take_attribution(tree: HtmlElement) -> str | None:
    """The medium in （文章来源：…）, which leaves the tree."""
    maybe: Any = MAYBE_MARKED(tree)
    marked = _take_whole(filter(_is_marked, maybe), MARKED_ATTRIBUTION)
    last = _take_whole(_last_blocks(tree), WHOLE_ATTRIBUTION)
    return marked or last or _take_trailing_attribution(tree)


def _is_marked(node: HtmlElement) -> bool:
    classes = node.get("class")
    return classes is not None and ATTRIBUTION_CLASS in XML_SPACE.split(classes)


def _take_whole(blocks: Iterable[HtmlElement], attribution: re.Pattern[str]) -> str | None:
    """The medium of the first of these blocks that are nothing but one; all of them go."""
    medium: str | None = None
    for block in blocks:
        if match := attribution.fullmatch(_short_text(block)):
            medium = medium or match["medium"] or None
            _take_words(block)
    return medium


def _last_blocks(tree: HtmlElement) -> list[HtmlElement]:
    """The last paragraph that has any text; before the editor's name, the one before it too."""
    found: list[HtmlElement] = []
    for block in reversed(list(tree)):
        if (block.tail or "").strip():
            break
        if not isinstance(block.tag, str) or _shows_nothing(block):
            continue
        if block.tag not in ("p", "div", "center"):
            break
        found.append(block)
        if not EDITOR.fullmatch(visible_text(block)):
            break
    return found


def _short_text(block: HtmlElement) -> str:
    """A block's text, if it is short enough for an attribution."""
    text = visible_text(block)
    return text if len(text) <= LONGEST_ATTRIBUTION else ""


def _take_words(block: HtmlElement) -> None:
    """Remove a block; of one with pictures its words alone."""
    if holds_picture(block):
        cut_text(block, 0)
    else:
        remove(block)


def _take_trailing_attribution(tree: HtmlElement) -> str | None:
    """The same at the end of the last paragraph's text, which keeps the rest of it."""
    for block in _last_blocks(tree) or [tree]:
        text = str(TEXT(block))
        start = max(0, len(text) - LONGEST_ATTRIBUTION)
        if match := TRAILING_ATTRIBUTION.search(text, start):
            cut_text(block, match.start())
            return fold_spaces(match["medium"]).strip() or None
    return None


def _last_bracket(tree: HtmlElement) -> str | None:
    """The medium in a brief's last bracket, when it is a known one."""
    match = LAST_BRACKET.search(visible_text(tree))
    if match and match["medium"].strip() in known_media():
        return match["medium"].strip()
    return None


def _take_digest(tree: HtmlElement) -> str | None:
    """The words of an opening quotation block, which leaves the tree unless it is all there is."""
    if (tree.text or "").strip():
        return None
    first = _first_seen(tree)
    if first is None or first.tag != "blockquote" or holds_picture(first):
        return None
    digest = seen_text(first) or None
    if seen_text(tree) != digest or holds_picture(tree):
        remove(first)
    return digest


def _first_seen(tree: HtmlElement) -> HtmlElement | None:
    """The first element of a body that shows anything; none where bare text comes first."""
    for child in tree:
        if isinstance(child.tag, str) and (shows_text(child) or holds_picture(child)):
            return child
        if (child.tail or "").strip():
            return None
    return None
