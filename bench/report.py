"""Tables of figures: on the terminal in Markdown, and in a file as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class Table:
    """Rows of figures under the names of their columns; `about` says what of."""

    name: str
    about: str
    columns: Sequence[str]
    rows: list[Sequence[Any]] = field(default_factory=list)

    def add(self, *cells: Any) -> None:
        """One row more, of texts and numbers."""
        self.rows.append(cells)

    def __str__(self) -> str:
        lines = [self.about, "", _line(self.columns), "|---" * len(self.columns) + "|"]
        return "\n".join([*lines, *map(_line, self.rows)])


def save(tables: Sequence[Table], machine: str, file: Path) -> None:
    """Write tables into a file, in the place of those of the same names. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = json.loads(file.read_text("utf-8"))["tables"] if file.exists() else []
    by_name = {table["name"]: table for table in before}
    by_name |= {table.name: asdict(table) for table in tables}
    told = {"machine": machine, "tables": list(by_name.values())}
    file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _line(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(value: Any) -> str:
    """Numbers with three digits that count."""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
