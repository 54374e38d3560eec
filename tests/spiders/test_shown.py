"""Which posts the lists of a crawl have shown."""

from __future__ import annotations

from crawler.addresses import Link
from crawler.spiders.shown import Shown

POSTS = [Link(f"http://x/{number}", "post", str(number)) for number in range(1000)]


def test_what_is_shown_is_listed_only_when_it_was_wanted() -> None:
    shown = Shown()
    shown.add(POSTS[:600])
    shown.list(POSTS[100:200])
    shown.list(POSTS[100:300])
    # That another list shows it as well changes nothing.
    shown.add(POSTS[:700])
    assert (len(shown), shown.number_listed) == (700, 200)
    assert [post for post in POSTS if post in shown] == POSTS[:700]
    assert [post for post in POSTS if shown.is_listed(post)] == POSTS[100:300]
