"""Creators who opted out are gone from answers at once, whatever the live model knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from data.tombstones import marked
from serving.shortlists.leaving_out import everyone_gone, is_gone
from serving.store.database import Store


@dataclass(frozen=True, slots=True)
class Gone(Collection[str]):
    """Ids of those who opted out and marks of those who were erased; a creator is in it by either."""

    names: frozenset[str]

    def __contains__(self, creator_id: object) -> bool:
        return creator_id in self.names or (isinstance(creator_id, str) and bool(marked(self.names, [creator_id])))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def gone(store: Store) -> Gone:
    """Whom no answer may name."""
    with store.reading() as session:
        return Gone(frozenset(everyone_gone(session)))


def check_there(store: Store, creator_id: str) -> None:
    """Refuse a creator whom no answer may name, in the words for one who was never there.

    Raises:
        UnknownCreator: it is such a creator.
    """
    with store.reading() as session:
        if is_gone(session, creator_id):
            from models.creator_search import unknown_creator  # with its libraries, which a start need not wait for

            raise unknown_creator(creator_id)
