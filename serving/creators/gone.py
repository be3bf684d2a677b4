"""Creators who opted out are gone from answers at once, whatever the live model knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from data.tombstones import mark, salts
from serving.shortlists.leaving_out import everyone_gone, is_gone
from serving.store.database import Store


@dataclass(frozen=True, slots=True)
class Gone(Collection[str]):
    """Ids of those who opted out and marks of those who were erased; a creator is in it by either.

    Attributes:
        names: both.
        salts: of the marks among them, so that a look-up need not read all the names.
    """

    names: frozenset[str] = frozenset()
    salts: frozenset[str] = frozenset()

    @classmethod
    def read(cls, session: Session) -> Gone:
        """All who are gone until now."""
        names = frozenset(everyone_gone(session))
        return cls(names, salts(names))

    def __contains__(self, creator_id: object) -> bool:
        if not isinstance(creator_id, str):
            return False
        return creator_id in self.names or any(mark(creator_id, salt) in self.names for salt in self.salts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def gone(store: Store) -> Gone:
    """Whom no answer may name."""
    with store.reading() as session:
        return Gone.read(session)


def check_there(store: Store, creator_id: str) -> None:
    """Refuse a creator whom no answer may name, in the words for one who was never there.

    Raises:
        UnknownCreator: it is such a creator.
    """
    with store.reading() as session:
        refuse_gone(session, creator_id)


def refuse_gone(session: Session, creator_id: str) -> None:
    """The same, in a session: nothing more is written down about such a creator either."""
    if is_gone(session, creator_id):
        from models.creator_search import unknown_creator  # with its libraries, which a start need not wait for

        raise unknown_creator(creator_id)
