"""Creators who opted out are gone from answers at once, whatever the live model knows."""

from __future__ import annotations

from sqlalchemy import select

from serving.store.database import Store
from serving.store.tables import TombstoneRow


def gone(store: Store) -> frozenset[str]:
    """Whom no answer may name."""
    with store.reading() as session:
        return frozenset(session.execute(select(TombstoneRow.creator_id)).scalars())


def check_there(store: Store, creator_id: str) -> None:
    """Refuse a creator whom no answer may name, in the words for one who was never there.

    Raises:
        UnknownCreator: it is such a creator.
    """
    with store.reading() as session:
        found = select(TombstoneRow.number).where(TombstoneRow.creator_id == creator_id)
        if session.execute(found).first() is not None:
            from models.creator_search import unknown_creator  # with its libraries, which a start need not wait for

            raise unknown_creator(creator_id)
