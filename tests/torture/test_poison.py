"""Good and poisoned articles mixed: good ones are stored, bad ones kept with their reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.store.connection import Store

pytestmark = pytest.mark.torture
HEAD = "---\ntitle: {title}\ndate: 2021-12-31 15:00:00 +0800\n---\n"
GOOD = HEAD.format(title="好文章") + "<p>正文。</p>\n"
NESTED = "<div>" * 5000 + "深" + "</div>" * 5000
# What each poison is, and the reason that is to be kept.
POISONS: dict[str, tuple[bytes, str]] = {
    "no front matter": ("只有正文。".encode(), "PageError"),
    "no UTF-8": (b"---\ntitle: \xff\xfe\n---\n", "UnicodeDecodeError"),
    "no end of the front matter": ("---\ntitle: 标题\n正文。".encode(), "PageError"),
    "a lone surrogate": (b'---\ncategories: "\\ud800"\n---\n<p>a</p>', "surrogates"),
    "nested too deeply": ((HEAD.format(title="深") + NESTED).encode(), "nested"),
    "refused by the server": ((HEAD.format(title="毒") + "<p>a</p>").encode(), "code 121"),
}
LARGE = 3


def test_every_good_article_is_stored_and_every_bad_one_is_kept_with_its_reason(
    finews: Any, store: Store, tmp_path: Path, many: int, figure: Callable[[str], None]
) -> None:
    store.database.command("collMod", "articles", validator={"title": {"$ne": "毒"}})
    good, bad = set(), {}
    kinds = list(POISONS.values())
    large = ((HEAD.format(title="大") + f"<p>{'字' * 6_000_000}</p>").encode(), "more than MongoDB")
    for number in range(many):
        key = f"NW20211231{number:010}"
        raw = GOOD.encode()
        if number % 10 == 5:
            turn = number // 10
            raw, bad[key] = large if turn < LARGE else kinds[turn % len(kinds)]
        else:
            good.add(key)
        (tmp_path / f"2021-12-31-{key}.md").write_bytes(raw)
    done = finews("crawl", "archive", "-a", f"path={tmp_path}", "-s", "LOG_LEVEL=ERROR", code=1)
    assert f"{len(bad)} rejected" in done.last
    assert {d["_id"] for d in store.collection("articles").find({}, {"_id": 1})} == good
    reasons = {
        reject["url"].removeprefix("2021-12-31-").removesuffix(".md"): reject["reason"]
        for reject in store.collection("rejects").find()
    }
    assert set(reasons) == set(bad)
    wrong = {key: reasons[key] for key, reason in bad.items() if reason not in reasons[key]}
    assert not wrong
    figure(
        f"{many:,} articles, {len(bad):,} of them poisoned in {len(kinds) + 1} ways: "
        f"good ones stored: {len(good):,} of {len(good):,}, "
        f"bad ones kept with their reason: {len(reasons):,} of {len(bad):,}"
    )
