"""The entries of an answered list as a person wants to see them: some of them, in another order, what was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any, Final, TypeAlias

from starlette.datastructures import FormData, QueryParams

Entry: TypeAlias = Mapping[str, Any]  # of `serving.shortlist_answer.EntryAnswer`, read back
BY_PLACE: Final = "rank"
_LAST: Final = float("inf")

# What to sort by: value of an entry, the lowest first; whoever has none comes last.
SORTS: Final[Mapping[str, Callable[[Entry], float]]] = {
    BY_PLACE: lambda entry: float(entry["rank"]),
    "viewers": lambda entry: -entry["reach"]["viewers"]["p50"] if entry["reach"] else _LAST,
    "careful": lambda entry: -entry["reach"]["viewers"]["p10"] if entry["reach"] else _LAST,
    "fit": lambda entry: -entry["score"],
    "cost": lambda entry: _cost(entry),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which entries, and in what order. Empty: any."""

    sort: str = BY_PLACE
    platform: str = ""
    format: str = ""
    kind: str = ""
    facet: str = ""
    decision: str = ""
    clean: bool = False

    @classmethod
    def of(cls, sent: QueryParams | FormData) -> Wish:
        """As it stands in an address or a form; what is not known there is as if it were not."""
        texts = {name: str(sent.get(name) or "") for name in ("platform", "format", "kind", "facet", "decision")}
        sort = str(sent.get("sort") or "")
        return cls(sort=sort if sort in SORTS else BY_PLACE, clean=bool(sent.get("clean")), **texts)

    def pick(self, entries: Sequence[Entry], decided: Mapping[str, str]) -> list[Entry]:
        """The entries that are wanted, sorted. `decided` maps a creator to the last decision."""
        found = [entry for entry in entries if self._wants(entry, decided)]
        return sorted(found, key=SORTS[self.sort])

    def _wants(self, entry: Entry, decided: Mapping[str, str]) -> bool:
        reach = entry["reach"] or {}
        return (
            (not self.platform or reach.get("platform") == self.platform)
            and (not self.format or reach.get("format") == self.format)
            and (not self.kind or entry["kind"] == self.kind)
            and (not self.facet or self.facet in covered(entry))
            and (not self.decision or decided.get(entry["creator_id"], "none") == self.decision)
            and not (self.clean and entry["flags"])
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that stand together: those whom the data cannot tell apart; None: nothing is forecast, or no groups."""

    tie: int | None
    entries: tuple[Entry, ...]


def grouped(entries: Sequence[Entry], wish: Wish) -> list[Group]:
    """Entries with a forecast in their tie groups, in the list's own order; in any other order all together."""
    known = [entry for entry in entries if entry["reach"]]
    if wish.sort != BY_PLACE:
        return [Group(None, tuple(known))] if known else []
    ties = dict.fromkeys(entry["tie"] for entry in known)
    return [Group(tie, tuple(entry for entry in known if entry["tie"] == tie)) for tie in ties]


def too_little(entries: Sequence[Entry]) -> list[Entry]:
    """Those of whom no young viewers could be forecast."""
    return [entry for entry in entries if not entry["reach"]]


def covered(entry: Entry) -> set[str]:
    """The facets that a creator covers."""
    return {facet["facet"] for facet in entry["facets"] or () if facet["covered"]}


def facets(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """(kind, facet) of every column of the coverage matrix."""
    return list(dict.fromkeys((f["kind"], f["facet"]) for entry in entries for f in entry["facets"] or ()))


def fit_share(entry: Entry, entries: Sequence[Entry]) -> float:
    """Fit against the best of the list, as a factor in 0..1: exp of the difference of scores."""
    return exp(entry["score"] - max(other["score"] for other in entries))


def _cost(entry: Entry) -> float:
    cost = entry["reach"]["cost_per_thousand_vnd"] if entry["reach"] else None
    return _LAST if cost is None else float(cost)
