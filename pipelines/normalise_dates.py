"""Stage 1: publication times, exact or null."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.merge import published_of
from pipelines.stage import Stage

if TYPE_CHECKING:
    from crawler.article import Observation


class NormaliseDates(Stage):
    """Turns `published_raw` into `published`; what cannot be read is null and counted."""

    name = "date"

    def process(self, observation: Observation) -> None:
        raw = observation.published_raw
        observation.published = published_of(observation)
        if observation.published is not None:
            self.count("parsed")
        elif raw is None or not raw.strip():
            self.count("absent")
        else:
            self.count("unparsed")
