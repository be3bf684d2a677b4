"""Who made which version champion, when and why: kept in MLflow, where everybody who looks at the model sees it.

Each move is a tag of the registered model, so that it outlives the version, and of the version itself. All moves
together are a history that can be walked back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

MOVE_TAG: Final = "kolmatch.move."
PROMOTE: Final = "promote"
ROLLBACK: Final = "rollback"


@dataclass(frozen=True, slots=True)
class Move:
    """A version went live: `number` counts all moves of the registry from 1, `before` was live until then, if any."""

    number: int
    action: str
    version: int
    before: int | None
    by: str
    note: str
    at: datetime

    def tag(self) -> tuple[str, str]:
        """As a tag: name and value."""
        told = {"action": self.action, "before": self.before, "by": self.by, "note": self.note}
        told |= {"version": self.version, "at": self.at.isoformat(timespec="seconds")}
        return f"{MOVE_TAG}{self.number:06d}", json.dumps(told, ensure_ascii=False)


def moves_of(tags: Mapping[str, str]) -> tuple[Move, ...]:
    """The moves among tags, the first one first."""
    return tuple(_move(name, tags[name]) for name in sorted(tags) if name.startswith(MOVE_TAG))


def _move(name: str, value: str) -> Move:
    told = json.loads(value)
    return Move(number=int(name.removeprefix(MOVE_TAG)), **told | {"at": datetime.fromisoformat(told["at"])})


def way_back(moves: Iterable[Move], champion: int | None, there: Collection[int]) -> int | None:
    """The version that was live before the champion, of those that are still there; None when there is none.

    A rollback takes what it undoes off the way, so a second one goes one step further back. A rollback that was cut off
    before it changed anything is ended, not repeated: what the history says should be live then differs from what is.
    """
    way: list[int] = []
    for move in sorted(moves, key=lambda one: one.number):
        if move.before is not None and (not way or way[-1] != move.before):
            way.append(move.before)
        if move.action == ROLLBACK and move.version in way:
            del way[len(way) - way[::-1].index(move.version) :]
        else:
            way.append(move.version)
    return next((version for version in reversed(way) if version != champion and version in there), None)
