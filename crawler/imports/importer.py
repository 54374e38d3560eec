"""Taking articles back in, in batches; what cannot be taken is kept and stops no other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crawler.addresses import info_code_of
from crawler.article import ArticleItem
from crawler.clock import now
from crawler.imports.checks import CheckError, observations_in
from crawler.imports.files import FileError
from crawler.store.articles import Articles
from crawler.store.rejects import Reject, Rejects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.addresses import Link, Site
    from crawler.article import Observation
    from crawler.imports.files import Entry
    from crawler.store.connection import Store
    from crawler.store.links import Ledger

# A batch is written when it has so many entries, or is so large.
BATCH, LARGEST_BATCH = 100, 8 * 1024 * 1024


class Importer:
    """Writes the entries of a file.

    `counts` tells what became of them: new, changed, unchanged, forgotten, rejected, or withdrawn
    (lines that tell of no article). `file` names it in rejects; `ledger` learns which links need
    not be asked for.
    """

    def __init__(self, store: Store, file: str, site: Site, ledger: Ledger) -> None:
        self.store, self.file, self.site, self.ledger = store, file, site, ledger
        self.articles = Articles(store, ledger.looks)
        self.rejects = Rejects(store)
        self.counts: Counter[str] = Counter()
        self.last_problem: str | None = None

    def take(self, entries: Iterable[Entry]) -> None:
        """Take all entries. Raises StoreFailure, StoreError, FileError."""
        self.store.patiently(self.rejects.void_import, self.file)
        batch: list[Entry] = []
        size = 0
        try:
            for entry in entries:
                batch.append(entry)
                size += len(entry.raw)
                if len(batch) == BATCH or size > LARGEST_BATCH:
                    self._take(batch)
                    batch, size = [], 0
        except FileError:
            # What came before the damage is taken all the same.
            self._take(batch)
            raise
        self._take(batch)

    def reject(self, number: int, raw: bytes, article_id: str | None, reason: str) -> None:
        """Keep what cannot be taken."""
        where = f"{self.file}, line {number}"
        reject = Reject("import", reason, "import", where, article_id, raw, now())
        self.store.patiently(self.rejects.add, reject)
        self.counts["rejected"] += 1
        self.last_problem = f"{where}: {reason}"

    def _take(self, batch: Sequence[Entry]) -> None:
        items: list[ArticleItem] = []
        taken: list[Entry] = []
        links: list[list[Link]] = []
        for entry in batch:
            if _is_tombstone(entry.record):
                self.counts["withdrawn"] += 1
                continue
            try:
                if entry.problem is not None:
                    raise CheckError(entry.problem)
                observations = observations_in(entry.record)
            except CheckError as error:
                self.reject(entry.number, entry.raw, _id_in(entry.record), str(error))
                continue
            links.append(self._links(observations))
            items.append(ArticleItem(observations[0].id, observations))
            taken.append(entry)
        if not items:
            return
        self._settle(items, links)
        answers = self.store.patiently(self.articles.write, items)
        for entry, written in zip(taken, answers, strict=True):
            if written.outcome == "rejected":
                reason = written.reason or "refused"
                self.reject(entry.number, entry.raw, _id_in(entry.record), reason)
            else:
                self.counts[written.outcome] += 1

    def _settle(self, items: Sequence[ArticleItem], links: Sequence[Sequence[Link]]) -> None:
        """Have the links be done with which no crawl has dealt: withdrawn ones stay so."""
        everything = [link for of_item in links for link in of_item]
        self.store.patiently(self.ledger.discover, everything)
        not_had = self.store.patiently(self.ledger.not_had, everything)
        for item, of_item in zip(items, links, strict=True):
            item.links = [link.url for link in of_item if link.url in not_had]

    def _links(self, observations: Iterable[Observation]) -> list[Link]:
        """The links whose answers the export tells: no crawl has to ask for them again."""
        links = []
        for observation in observations:
            if observation.kind == "page" and (link := self.site.link(observation.address)):
                links.append(link)
            if observation.kind == "share" and (code := info_code_of(observation.address)):
                links.append(self.site.share(code, observation.id))
        return links


def _is_tombstone(record: object) -> bool:
    return isinstance(record, dict) and set(record) == {"id", "withdrawn_at"}


def _id_in(record: object) -> str | None:
    """The id that an entry tells, be the rest of it what it may."""
    told = record.get("id") if isinstance(record, dict) else None
    return told if isinstance(told, str) and len(told) <= 100 else None
