from __future__ import annotations

from importlib import resources

from crawler.media import known_media


def test_the_media_of_the_sample_briefs_are_known():
    assert {"界面新闻", "央视新闻", "财联社"} <= known_media()


def test_what_else_stands_in_brackets_is_no_medium():
    assert known_media().isdisjoint({"单位：亿元", "下称“撤回潮”", "完", "", "图"})


def test_the_lists_comments_are_no_media():
    assert not [name for name in known_media() if name.startswith("#") or name != name.strip()]


def test_the_list_is_sorted_and_names_each_medium_once():
    text = resources.files("crawler").joinpath("media.txt").read_text(encoding="utf-8")
    names = [line for line in text.splitlines() if not line.startswith("#")]

    assert names == sorted(set(names))
