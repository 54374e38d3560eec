"""Made-up articles for benchmarks: Chinese-looking text, 2 to 8 KB a line when exported."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

from crawler.article import SHANGHAI, Board, Observation, PublishedAt, Security
from crawler.history import article_of, observe
from crawler.store.documents import to_article, to_document
from crawler.store.texts import text_of, write_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.history import History
    from crawler.store.connection import Store

BEGIN = datetime(2021, 12, 5, tzinfo=SHANGHAI)
CATEGORIES, SYMBOLS, WORDS = 300, 2000, 30_000
BATCH = 500


class Language:
    """Words of two to four common characters, used as often as words are: by Zipf's law."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        # The first level of GB 2312: the 3,755 most common characters.
        rows = ((high, low) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
        codes = [bytes(pair) for pair in rows if pair < (0xD7, 0xFA)]
        common = [code.decode("gb2312") for code in codes]
        self.random.shuffle(common)
        often = list(accumulate(1 / (rank + 10) for rank in range(len(common))))
        lengths = self.random.choices((2, 3, 4), (8, 1, 1), k=WORDS)
        self.words = [
            "".join(self.random.choices(common, cum_weights=often, k=length)) for length in lengths
        ]
        self.often = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))

    def sentence(self, words: int) -> str:
        """So many words."""
        return "".join(self.random.choices(self.words, cum_weights=self.often, k=words))

    def text(self, characters: int) -> str:
        """Paragraphs of about so many characters, one a line."""
        paragraphs = []
        length = 0
        while length < characters:
            sentences = [f"{self.sentence(9)}，{self.sentence(8)}。" for _ in range(3)]
            paragraphs.append("".join(sentences))
            length += len(paragraphs[-1])
        return "\n".join(paragraphs)


def documents(number: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Documents of the collection `articles`, as a crawl with share answers leaves them."""
    language = Language(seed)
    for place in range(number):
        yield _document(language, place)


def fill(store: Store, number: int) -> None:
    """Put so many articles into an empty store."""
    collection = store.collection("articles")
    source = documents(number)
    while batch := list(islice(source, BATCH)):
        collection.insert_many(batch, ordered=False)
        write_texts(store.database, map(text_of, map(to_article, batch)))
    change = {"$set": {"seq": number}}
    store.collection("counters").update_one({"_id": "articles"}, change, upsert=True)


def _document(language: Language, place: int) -> dict[str, Any]:
    chance = language.random
    time = BEGIN + timedelta(seconds=place * 60 + chance.randrange(60))
    seen = (time + timedelta(minutes=5)).astimezone(UTC)
    key = f"NW{time:%Y%m%d}{place:010}"
    slug = f"category{chance.randrange(CATEGORIES)}"
    # The text stands twice in a line, as HTML and plain.
    text = language.text(chance.randrange(40, 900))
    securities = [
        Security(f"{600000 + code}.SH", "1", f"{600000 + code}", language.sentence(2), "mention")
        for code in chance.sample(range(SYMBOLS), chance.randrange(4))
    ]
    told: dict[str, Any] = {
        "id": key,
        "observed_at": seen,
        "published": PublishedAt(time, "second"),
        "published_raw": f"{time:%Y-%m-%d %H:%M:%S}",
        "content_html": "\n".join(f"<p>{line}</p>" for line in text.split("\n")),
        "content_text": text,
        "content_hash": hashlib.sha256(text.encode()).hexdigest(),
        "securities": securities,
        "boards": [Board(f"BK{chance.randrange(1000):04}", language.sentence(2))],
        "source": language.sentence(2),
    }
    url = f"https://finews.withounder.com/{slug}/{time:%Y/%m/%d}/{key}.html"
    share = f"http://finews.zning.xyz/html_News/NewsShare.html?infoCode={key}"
    page = Observation(
        kind="page",
        address=url,
        url=url,
        share_url=share,
        category=slug,
        category_certain=True,
        category_name=f"{slug}网",
        tags=[f"{slug}网新闻"],
        title=language.sentence(8),
        **told,
    )
    answer = Observation(kind="share", address=f"{share}&id={key}", **told)
    history: History = {}
    for observation in (page, answer):
        history = observe(history, observation)
    article = article_of(history)
    assert article is not None
    return to_document(article, history, place + 1, 0)
