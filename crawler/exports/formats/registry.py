"""The formats by their names, and what the end of a file's name says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from scrapy.extensions.postprocessing import PostProcessingManager
from scrapy.utils.misc import load_object

from crawler.exports.compression import PLUGINS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crawler.exports.formats.record import Record

FOLDER = "crawler.exports.formats"


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its exporter, the ends of names that mean it; of lines are those compressed."""

    name: str
    exporter: str
    endings: tuple[str, ...]
    is_lines: bool = False


FORMATS = {
    one.name: one
    for one in (
        Format("jsonl", f"{FOLDER}.jsonlines.ArticleLines", (".jsonl", ".jl"), is_lines=True),
        Format("jsonfeed", f"{FOLDER}.jsonfeed.JsonFeed", (".json",)),
        Format("atom", f"{FOLDER}.atom.AtomFeed", (".atom", ".xml")),
        Format("csv", f"{FOLDER}.csv.CsvRows", (".csv",), is_lines=True),
        Format("parquet", f"{FOLDER}.parquet.ParquetTable", (".parquet",)),
    )
}
DEFAULT = FORMATS["jsonl"]
# Names that promise what is not written here.
OTHERS = frozenset({".xlsx", ".xls", ".ods", ".tsv", ".yaml", ".yml", ".html", ".rss"})


@dataclass(frozen=True, slots=True)
class Form:
    """How articles are written: a format with its exporter's options, and the compression's end."""

    format: Format
    compression: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def named(self, title: str, feed_id: str) -> Form:
        """The same, as a feed of this title and id; other formats have no place for them."""
        return replace(self, options={**self.options, "title": title, "feed_id": feed_id})

    def write(self, records: Iterable[Record], file: BinaryIO) -> int:
        """Write articles; how many they were. Raises NotConfigured for a missing package."""
        written: Any = file
        if self.compression:
            written = PostProcessingManager([PLUGINS[self.compression]], file, {})
        exporter = load_object(self.format.exporter)(written, **self.options)
        number = 0
        try:
            exporter.start_exporting()
            for number, record in enumerate(records, 1):  # noqa: B007
                exporter.export_item(record)
            exporter.finish_exporting()
        except BaseException:
            exporter.abandon()
            raise
        if self.compression:
            written.close()
        return number


def form_of(name: str, asked: str | None = None, **options: Any) -> Form:
    """The form that a file's name tells; the format that is asked for goes before.

    Raises ValueError for a compression of what is no format of lines, and for names of formats that
    there are not.
    """
    path = PurePosixPath(name.lower())
    compression = path.suffix if path.suffix in PLUGINS else ""
    ending = PurePosixPath(path.stem).suffix if compression else path.suffix
    if ending in OTHERS and not asked:
        raise ValueError(f"{name}: there is no format {ending}; say --format, or another name")
    told = next((one for one in FORMATS.values() if ending in one.endings), DEFAULT)
    # Scrapy has formats of its own, which are taken as they are.
    chosen = FORMATS.get(asked, DEFAULT) if asked else told
    if compression and not chosen.is_lines:
        lines = " and ".join(one.name for one in FORMATS.values() if one.is_lines)
        raise ValueError(f"{name}: {compression} is for {lines}, not for {chosen.name}")
    return Form(chosen, compression, options)
