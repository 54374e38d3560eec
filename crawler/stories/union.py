"""What belongs together, by ties between two."""

from __future__ import annotations

from collections import defaultdict


class Union:
    """Sets that are joined by two of their members (union-find with path halving)."""

    def __init__(self) -> None:
        self.above: dict[str, str] = {}

    def top(self, one: str) -> str:
        """Whoever stands for the set that one is in."""
        self.above.setdefault(one, one)
        while (above := self.above[one]) != one:
            self.above[one] = one = self.above[above]
        return one

    def are_joined(self, one: str, other: str) -> bool:
        """Whether two are in the same set."""
        return self.top(one) == self.top(other)

    def join(self, one: str, other: str) -> None:
        """Put the sets of two together."""
        self.above[self.top(one)] = self.top(other)

    def sets(self) -> list[list[str]]:
        """All sets, with those that were never joined."""
        members = defaultdict(list)
        for one in self.above:
            members[self.top(one)].append(one)
        return list(members.values())
