"""Bodies as the site shows them and worse, and the words that must come out of them or must not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

# A word of a body: numbered when it is written, so that each stands in it once.
SEEN, HIDDEN = "\x01", "\x02"
INDENT = "　　"
STARTS = ("<!-- EM_StockImg_Start -->", "<!--EM_STOCKIMG_START-->", "<!--  em_stockimg_start  -->")
ENDS = ("<!-- EM_StockImg_End -->", "<!--EM_STOCKIMG_END-->", "<!--EM_StockImg_End   -->")
CODES = ("116.02318", "1.601318", "0.000001", "0.430047", "106.NIO", "105.AAPL", "113.cu2202")


def chart(code: str) -> str:
    market, _, number = code.partition(".")
    return (
        f'<a class="EmImageRemark" data-code="{number}|{market}|5" '
        f'href="http://quote.eastmoney.com/unify/r/{code}"><img '
        f'src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid={code}&imageType=k"></a>'
    )


def mention(code: str) -> str:
    market, _, number = code.partition(".")
    return (
        f'<span id="stock_{code}"><a class="keytip" data-code="{market},{number}" '
        f'href="http://quote.eastmoney.com/unify/r/{code}">{SEEN}</a></span>'
        f'<span id="quote_{code}"></span>'
    )


def joined(parts: list[str]) -> str:
    return "".join(parts)


def tagged(tag: str, attributes: str = "") -> Callable[[str], str]:
    return lambda inner: f"<{tag}{attributes}>{inner}</{tag}>"


codes = st.sampled_from(CODES)
# Alone, in a paragraph, between comments, with comments missing, or the older form.
charts = codes.map(chart)
blocks_of_charts = st.one_of(
    charts,
    charts.map(tagged("p", ' style="text-align:center;"')),
    st.tuples(
        st.sampled_from(["", *STARTS]),
        st.one_of(charts.map(tagged("p")), charts, st.sampled_from(["<!--IMG#0-->", ""])),
        st.sampled_from(["", *ENDS]),
    ).map(joined),
    st.sampled_from([*STARTS, *ENDS, "<!--Link#1-->", "<!--IMG#0-->"]),
)
unseen = st.sampled_from(
    [
        f"<!-- {HIDDEN} -->",
        f"<script>{HIDDEN}</script>",
        f"<style>{HIDDEN}</style>",
        f"<iframe>{HIDDEN}</iframe>",
        f'<p style="display:none;height:1px;overflow:hidden;">{HIDDEN}<br /></p>',
        f'<span style="DISPLAY : NONE">{HIDDEN}</span>',
        f"<textarea>{HIDDEN}</textarea>",
        f"<svg><text>{HIDDEN}</text></svg>",
        f'<img src="data:image/png;base64,{HIDDEN}">',
        f'<object data="{HIDDEN}">{HIDDEN}</object>',
        f'<b onclick="{HIDDEN}()"></b>',
    ]
)
words = st.sampled_from(
    [
        SEEN,
        f"{SEEN}&lt;{SEEN}",
        f"“{SEEN}”",
        f'"{SEEN}"',
        f"{SEEN} &amp; {SEEN}",
        f"{SEEN}(2021.12)",
        f"{SEEN}(09869.HK)",
        f"{INDENT}{SEEN}",
        f"{SEEN} < {SEEN}",
        f"{SEEN}&nbsp;{SEEN}",
        f"{SEEN} EM_StockImg_Start {SEEN}",
        f"{SEEN}\n{SEEN}",
    ]
)
pictures = st.sampled_from(
    [
        '<img src="https://dfscdn.dfcfw.com/a.jpg" alt="图">',
        '<img src="//dfscdn.dfcfw.com/b.png" onerror="x()">',
        '<img src="/c 图.png">',
    ]
)
links = st.sampled_from(
    [
        f'<a href="https://example.com/a?b=1&c=2" onclick="x()">{SEEN}</a>',
        f'<a href="javascript:alert(1)">{SEEN}</a>',
        f'<a href="data:text/html,x">{SEEN}</a>',
        f'<a href="/d">{SEEN}</a>',
        f'<a class="infokey">{SEEN}</a>',
        f"<a>{SEEN}</a>",
    ]
)
inline = st.recursive(
    st.one_of(words, words, pictures, links, codes.map(mention), blocks_of_charts, unseen)
    | st.sampled_from(["<br>", "<br />", " ", "", "<span></span>"]),
    lambda inner: st.tuples(
        st.sampled_from(["b", "strong", "span", "em", "font", "u"]),
        st.lists(inner, max_size=3).map(joined),
    ).map(lambda pair: tagged(pair[0])(pair[1])),
    max_leaves=6,
)
lines = st.lists(inline, min_size=1, max_size=4).map(joined)
cells = st.lists(lines.map(tagged("td")), min_size=1, max_size=3).map(joined)
tables = st.lists(cells.map(tagged("tr")), min_size=1, max_size=3).map(joined).map(tagged("table"))
paragraphs = st.one_of(
    lines.map(tagged("p")),
    lines.map(tagged("p", ' class="x" onclick="y()"')),
    lines.map(tagged("h3")),
    lines.map(tagged("center")),
    lines,
    blocks_of_charts,
    unseen,
    tables,
    st.sampled_from(["<hr>", "<p></p>", "<p><br></p>", "\n\n"]),
)
blocks = st.recursive(
    paragraphs,
    lambda inner: st.tuples(
        st.sampled_from(["div", "blockquote", "section", "ul><li", "ol><li", "article"]),
        st.lists(inner, min_size=1, max_size=3).map(joined),
    ).map(lambda pair: _nested(*pair)),
    max_leaves=8,
)


def _nested(tag: str, inner: str) -> str:
    tags = tag.split("><")
    return f"<{tag}>{inner}" + joined([f"</{name}>" for name in reversed(tags)])


@dataclass
class Body:
    """A body's HTML, the words to be seen in it in their order, and those never to be seen."""

    html: str
    seen: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


def numbered(html: str) -> Body:
    """The body with its words written out."""
    body = Body("")

    def write(match: re.Match[str]) -> str:
        found = body.seen if match[0] == SEEN else body.hidden
        word = f"{'词' if found is body.seen else '藏'}{len(found)}文"
        found.append(word)
        return word

    body.html = re.sub(f"[{SEEN}{HIDDEN}]", write, html)
    return body


bodies = st.lists(blocks, min_size=1, max_size=6).map(joined).map(numbered)
# As the site's sources have them: whole blocks of HTML in one line.
one_liners = (
    st.lists(
        lines.map(tagged("p")) | tables | blocks_of_charts.map(tagged("p")), min_size=1, max_size=6
    )
    .map(joined)
    .map(lambda html: numbered(html.replace("\n", " ")))
)
# Anything at all: markup without sense, cut anywhere.
rubbish: Any = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                *(
                    "<",
                    ">",
                    "</",
                    "<p",
                    "<p>",
                    "</p>",
                    "<div>",
                    "</div>",
                    "<!--",
                    "-->",
                    "&",
                    "&lt",
                ),
                *("<table>", "<tr>", "<td>", "</table>", "<a href=", '"', "'", "=", "<section>"),
                *("</section>", "<header>", "</header>", "<h1>", "</h1>", "<small>", "</small>"),
                *("<li>", "<ul>", "tags:", "<em>", "(GMT+8, Asia/Shanghai, CST) ", "2021-12-31"),
                *("{{ post.url }}", "/a/2021/12/31/1.html", "字", "　", "\x00", "\ud800", "\x1f"),
                *(
                    "<style>",
                    "<script>",
                    "<svg>",
                    "<![CDATA[",
                    "]]>",
                    "<?x",
                    "<br/>",
                    "&#0;",
                    "---",
                ),
                *(
                    "（文章来源：",
                    "）",
                    "返回北方网新闻",
                    "http://finews.zning.xyz/",
                    "NW",
                    "\n",
                    " ",
                ),
            ]
        ),
        max_size=40,
    ).map(joined),
    bodies.map(lambda body: body.html).flatmap(
        lambda html: st.integers(0, len(html)).map(lambda end: html[:end])
    ),
)
