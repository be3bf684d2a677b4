"""A person taken out of the store: ids become a mark, reasons and evidence about them go, kept lists lose their entry.

What an official decided, when, and who answers for it stays (AI Law 134/2025/QH15, Art. 27); about whom does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from data.erasure import Erased
from serving.store.database import Store, Writing
from serving.store.tables import (
    Base,
    BriefRevisionRow,
    CheckRow,
    CheckStepRow,
    DecisionRow,
    IdempotencyRow,
    NoteRow,
    OutcomeRow,
    RightsRequestRow,
    ShortlistRow,
    ShortlistStepRow,
    TombstoneRow,
)

_BATCH: Final = 200  # rows read at once
GONE_VI: Final = "(đã xóa theo yêu cầu của người này)"
GONE_EN: Final = "(erased at this person's request)"
GONE: Final = f"{GONE_VI} {GONE_EN}"
_OF_THE_PERSON: Final = (
    "name",
    "kind",
    "evidence",
    "hashtags",
    "facets",
    "reach",
    "flags",
    "parts",
    "impact",
    "against",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who goes, the mark that stands for them from now on, and the request that asks for it."""

    creator_id: str
    mark: str
    request_id: str


def erase_from_store(writing: Writing, person: Person) -> list[Erased]:
    """Take a person out of every table; run again it finds nothing more."""
    session = writing.session
    counts = {
        "shortlists": _shortlists(session, person),
        "decisions": _renamed(session, DecisionRow, person, reason=GONE),
        "notes": _renamed(session, NoteRow, person, text=GONE),
        "outcomes": _renamed(session, OutcomeRow, person, post_id=None),
        "checks": _checks(session, person),
        "rights_requests": _renamed(session, RightsRequestRow, person),
        "tombstones": _tombstone(session, person, writing),
        "idempotency": _answers_kept(session, person),
    }
    writing.note("rights.erase", person.request_id)
    return [Erased(f"store/{table}", None, None, count) for table, count in counts.items() if count]


def _renamed(session: Session, table: type[Any], person: Person, **said: str | None) -> int:
    """Rows about the person lose the id and whatever is said there."""
    rows = session.execute(select(table).where(table.creator_id == person.creator_id)).scalars().all()
    for row in rows:
        row.creator_id = person.mark
        for name, value in said.items():
            setattr(row, name, value)
    return len(rows)


def _checks(session: Session, person: Person) -> int:
    rows = session.execute(select(CheckRow).where(CheckRow.creator_id == person.creator_id)).scalars().all()
    for row in rows:
        row.creator_id, row.evidence, row.reason = person.mark, [], GONE
        for step in session.execute(select(CheckStepRow).where(CheckStepRow.check_id == row.check_id)).scalars():
            step.reason = GONE
    return len(rows)


def _tombstone(session: Session, person: Person, writing: Writing) -> int:
    found = select(TombstoneRow).where(TombstoneRow.creator_id.in_([person.creator_id, person.mark]))
    row = session.execute(found).scalar_one_or_none()
    if row is None:
        row = TombstoneRow(creator_id=person.mark, reason="erased", at=writing.now, request_id=person.request_id)
        session.add(row)
    changed = row.creator_id != person.mark
    row.creator_id, row.reason = person.mark, "erased"
    return int(changed)


def _answers_kept(session: Session, person: Person) -> int:
    """Answers kept for repeated calls: those that name the person are forgotten a day early."""
    rows = session.execute(select(IdempotencyRow.actor, IdempotencyRow.key, IdempotencyRow.body)).all()
    theirs = [(actor, key) for actor, key, body in rows if person.creator_id.encode() in body]
    for actor, key in theirs:
        session.execute(delete(IdempotencyRow).where(IdempotencyRow.actor == actor, IdempotencyRow.key == key))
    return len(theirs)


def _shortlists(session: Session, person: Person) -> int:
    """Kept lists that name the person: the place and its figures stay, who held it does not."""
    changed = 0
    for seq in _naming(session, person):
        row = session.get_one(ShortlistRow, seq)
        row.answer = _without(row.answer, person)
        row.answer_sha256 = hashlib.sha256(row.answer).hexdigest()
        row.blocked = [person.mark if one == person.creator_id else one for one in row.blocked]
        changed += 1
    return changed


def _naming(session: Session, person: Person) -> Iterator[int]:
    quoted = to_json(person.creator_id)
    for seq, answer, blocked in session.execute(select(ShortlistRow.seq, ShortlistRow.answer, ShortlistRow.blocked)):
        if quoted in answer or person.creator_id in blocked:
            yield seq


def _without(answer: bytes, person: Person) -> bytes:
    values: dict[str, Any] = from_json(answer)
    for entry in values["entries"]:
        if entry["creator_id"] == person.creator_id:
            entry |= {name: None for name in _OF_THE_PERSON if name in entry}
            entry |= {"creator_id": person.mark, "name": GONE, "flags": []}
    return to_json(values)


def mentioning(session: Session, names: tuple[str, ...]) -> list[str]:
    """Texts in which a name still stands, as `table:id`, for a person to look at: a machine would misread names."""
    told: list[tuple[Any, Any, tuple[Any, ...]]] = [
        (BriefRevisionRow, BriefRevisionRow.brief_id, (BriefRevisionRow.title, BriefRevisionRow.content)),
        (DecisionRow, DecisionRow.decision_id, (DecisionRow.reason,)),
        (NoteRow, NoteRow.note_id, (NoteRow.text,)),
        (CheckRow, CheckRow.check_id, (CheckRow.reason, CheckRow.evidence)),
        (ShortlistStepRow, ShortlistStepRow.shortlist_id, (ShortlistStepRow.reason,)),
    ]
    return [
        f"{table.__tablename__}:{row[0]}"
        for table, key, texts in told
        for row in session.execute(select(key, *texts)).yield_per(_BATCH)
        if any(_holds(value, names) for value in row[1:])
    ]


def _holds(value: object, names: tuple[str, ...]) -> bool:
    words = str(value) if isinstance(value, (str, dict, list)) else ""
    return any(name in words for name in names)


def scrub(store: Store) -> None:
    """Have the database forget what was overwritten: freed pages, the write-ahead log, dead rows.

    Raises:
        StoreError: somebody holds the database; run it again.
    """
    with store.maintaining() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("VACUUM"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        else:
            for table in Base.metadata.sorted_tables:
                connection.execute(text(f"VACUUM (FULL) {table.name}"))
