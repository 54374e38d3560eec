"""finews forget: an article is taken out, and stays out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHOLE = "NW202112312233001257"
BRIEF = "202205262391921712"


def test_a_forgotten_article_does_not_come_back(
    finews: Any, sample: Any, at: Any, exported: Callable[[], list[dict[str, Any]]]
) -> None:
    finews("crawl", "finews", code=1, **at(sample))
    before = exported()
    done = finews("forget", WHOLE)
    assert done.last.startswith(f"finews: {WHOLE} is forgotten: 1 article, 0 revisions, 0 rejects,")
    expected = [article for article in before if article["id"] != WHOLE]
    assert exported() == expected
    asked = len(sample.requests())
    finews("crawl", "finews", "-a", "full=1", code=1, **at(sample))
    assert [article["id"] for article in exported()] == [article["id"] for article in expected]
    assert not any(WHOLE in path for path in sample.requests()[asked:])
    assert finews("show", WHOLE, code=1).last == f"finews: no article {WHOLE} is stored"


def test_a_file_of_a_forgotten_article_is_left_out(finews: Any, tmp_path: Path) -> None:
    (tmp_path / f"2022-05-26-{BRIEF}.md").write_text("---\ntitle: 标题\n---\n正文。\n")
    finews("crawl", "archive", "-a", f"path={tmp_path}")
    finews("forget", BRIEF)
    done = finews("crawl", "archive", "-a", f"path={tmp_path}")
    assert done.last == "finews: done: 1 seen; articles: 0 new, 0 changed, 0 unchanged"
    assert finews("forget", BRIEF).last == f"finews: {BRIEF} was forgotten before"


def test_an_unknown_id_is_exit_1_and_none_exit_2(finews: Any) -> None:
    done = finews("forget", "nothing", code=1)
    assert done.last == "finews: nothing is known of nothing, so nothing was forgotten"
    assert "name one article" in finews("forget", code=2).last
