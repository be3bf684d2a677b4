"""Who rose and who fell between two lists for a brief, and why, told by the parts of the score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.catalogue import Catalogue
from kolmatch.errors import UnknownCreator
from models.brief import Brief
from models.matcher import Matcher
from models.shortlist import Entry
from training.monthly.calendar import month_in
from training.monthly.lists import TOP, Listed

MOST_BRIEFS: Final = 6  # told one by one: a report is read in two minutes
_MOST_MOVERS: Final = 3  # told on each side
_LEAST_CHANGE: Final = 0.05  # of a part, in log space: a smaller one explains nothing


@dataclass(frozen=True, slots=True)
class Change:
    """By what factor one part of a creator's value changed (above 1: it lifts)."""

    part: str
    factor: float


@dataclass(frozen=True, slots=True)
class Mover:
    """A creator whose place changed: places from 1, None where the model does not know or list them.

    `changes` are the parts that changed, the most telling first; `new_posts` and `new_reports` came this month.
    """

    creator_id: str
    name: str
    before: int | None
    now: int | None
    changes: tuple[Change, ...]
    new_posts: int
    new_reports: int


@dataclass(frozen=True, slots=True)
class Moved:
    """One brief: how many of the first twenty stayed, who rose most and who fell most."""

    title: str
    stayed: int
    of: int
    rose: tuple[Mover, ...]
    fell: tuple[Mover, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What came this month about each creator: numbers of posts and of audience reports, by id."""

    posts: Mapping[str, int]
    reports: Mapping[str, int]

    @classmethod
    def of(cls, catalogue: Catalogue, month: str) -> News:
        """That of a month in the city."""
        posts = catalogue.table("posts").filter(month_in("published_at") == month)
        reports = catalogue.table("audiences").filter(month_in("as_of") == month)
        told = (dict(table.group_by("creator_id").len().iter_rows()) for table in (posts, reports))
        return cls(*told)


def moved(lists: Sequence[Listed], champion: Matcher, challenger: Matcher, news: News) -> list[Moved]:
    """What changed for the first briefs of `lists`."""
    return [_moved(one, champion, challenger, news) for one in lists[:MOST_BRIEFS] if one.champion]


def _moved(listed: Listed, champion: Matcher, challenger: Matcher, news: News) -> Moved:
    sides = (listed.champion or (), listed.challenger)
    before, now = ({entry.creator_id: entry for entry in side[:TOP]} for side in sides)
    movers = [
        _mover(listed.brief, creator, before.get(creator), now.get(creator), champion, challenger, news)
        for creator in sorted({*before, *now})
    ]
    changed = [mover for mover in movers if mover.before != mover.now]
    rising = sorted(changed, key=lambda mover: (_climb(mover), mover.creator_id))
    return Moved(
        title=listed.brief.title,
        stayed=len(before.keys() & now.keys()),
        of=len(now),
        rose=tuple(mover for mover in reversed(rising[-_MOST_MOVERS:]) if _climb(mover) > 0),
        fell=tuple(mover for mover in rising[:_MOST_MOVERS] if _climb(mover) < 0),
    )


def _mover(
    brief: Brief,
    creator: str,
    before: Entry | None,
    now: Entry | None,
    champion: Matcher,
    challenger: Matcher,
    news: News,
) -> Mover:
    """Who is on one list only is looked up on the whole of the other."""
    old, new = before or _looked_up(champion, brief, creator), now or _looked_up(challenger, brief, creator)
    shown = new or old
    assert shown is not None, creator  # each stands on one of the lists
    return Mover(
        creator_id=creator,
        name=shown.name,
        before=old.rank if old else None,
        now=new.rank if new else None,
        changes=_changes(old, new),
        new_posts=news.posts.get(creator, 0),
        new_reports=news.reports.get(creator, 0),
    )


def _looked_up(matcher: Matcher, brief: Brief, creator: str) -> Entry | None:
    try:
        return matcher.why(brief, creator).entry
    except UnknownCreator:
        return None


def _climb(mover: Mover) -> float:
    """By how much a place changed, as a ratio: from 10 to 5 is as much as from 4 to 2; unknown is place 1,000."""
    return math.log((mover.before or 1000) / (mover.now or 1000))


def _changes(old: Entry | None, new: Entry | None) -> tuple[Change, ...]:
    if not (old and new) or bool(old.impact) != bool(new.impact):
        return ()
    sides = [{part.name: part.value for part in (entry.impact or entry.parts)} for entry in (old, new)]
    differences = {name: sides[1].get(name, 0.0) - sides[0].get(name, 0.0) for name in {**sides[0], **sides[1]}}
    telling = [(name, by) for name, by in differences.items() if abs(by) >= _LEAST_CHANGE]
    return tuple(Change(name, math.exp(by)) for name, by in sorted(telling, key=lambda one: -abs(one[1]))[:2])
