"""Who may not be on a list for reasons later than the model: tombstones, and blocks of this campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from data.tombstones import marked
from serving.store.database import Store
from serving.store.tables import CheckRow, TombstoneRow

# Asked with every list: made once, so that SQLAlchemy finds its SQL by the object.
_STONES: Final = select(TombstoneRow.number, TombstoneRow.creator_id).order_by(TombstoneRow.number)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Creators by id; `tombstones` is the highest number among those who opted out, so that it can be told again."""

    opted_out: tuple[str, ...]
    tombstones: int
    blocked: tuple[str, ...]


def left_out(store: Store, brief_id: str | None, today: date) -> LeftOut:
    """Who is left out today of a list, and of one for this kept brief."""
    stones = store.rows(_STONES)
    gone = tuple(stone.creator_id for stone in stones)
    return LeftOut(gone, stones[-1].number if stones else 0, _blocked_now(store, brief_id, today) if brief_id else ())


def opted_out_until(session: Session, highest: int) -> tuple[str, ...]:
    """Who had opted out or been erased when the tombstones had come to this number: ids, and marks of the erased."""
    found = select(TombstoneRow.creator_id).where(TombstoneRow.number <= highest).order_by(TombstoneRow.number)
    return tuple(session.execute(found).scalars())


def everyone_gone(session: Session) -> tuple[str, ...]:
    """All who have opted out or been erased until now: ids, and marks of the erased."""
    found = select(TombstoneRow.creator_id).order_by(TombstoneRow.number)
    return tuple(session.execute(found).scalars())


def blocked(session: Session, brief_id: str, today: date) -> tuple[str, ...]:
    """Whom a named person blocked for this campaign, the block still holding."""
    return tuple(sorted(set(session.execute(_blocked(brief_id, today)).scalars())))


def _blocked_now(store: Store, brief_id: str, today: date) -> tuple[str, ...]:
    return tuple(sorted({row.creator_id for row in store.rows(_blocked(brief_id, today))}))


def _blocked(brief_id: str, today: date) -> Select[str]:
    return select(CheckRow.creator_id).where(
        CheckRow.brief_id == brief_id,
        CheckRow.disposition == "blocked",
        or_(CheckRow.until.is_(None), CheckRow.until >= today),
    )


def is_gone(session: Session, creator_id: str) -> bool:
    """Whether no answer may name this creator."""
    found = select(TombstoneRow.number).where(TombstoneRow.creator_id == creator_id)
    return session.execute(found).first() is not None or is_erased(session, creator_id)


def is_erased(session: Session, creator_id: str) -> bool:
    """Whether this creator was erased; only a mark is kept of them."""
    return bool(marked(erased(session), [creator_id]))


def erased(session: Session) -> tuple[str, ...]:
    """Marks of all who were erased until now."""
    found = select(TombstoneRow.creator_id).where(TombstoneRow.reason == "erased").order_by(TombstoneRow.number)
    return tuple(session.execute(found).scalars())
