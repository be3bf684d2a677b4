"""Findings kept as checks of one brief. What somebody settled stays settled until there is new evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from serving.checks.records import add_step, answer_of
from serving.checks.schemas import CheckAnswer
from serving.creators.gone import Gone
from serving.diligence.findings import Finding
from serving.store.database import Writing
from serving.store.tables import CheckRow


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found about one creator."""

    creator_id: str
    found: tuple[Finding, ...]


def open_checks(
    writing: Writing, brief_id: str, looked: Iterable[Looked], new_id: Callable[[], str]
) -> list[CheckAnswer]:
    """Open a check for every finding, or open one again that rests on something else than before; all of them."""
    kept = {(row.creator_id, row.kind): row for row in _computed(writing, brief_id)}
    rows = []
    for one in looked:
        for finding in one.found:
            row = kept.get((one.creator_id, finding.kind))
            if row is None:
                rows.append(_opened(writing, brief_id, one.creator_id, finding, new_id()))
            else:
                rows.append(_again(writing, row, finding))
    writing.note("check.compute", brief_id, str(len(rows)))
    left = Gone.read(writing.session)
    return [answer_of(row, left) for row in rows]


def _computed(writing: Writing, brief_id: str) -> list[CheckRow]:
    """The brief's checks, the first of each creator and kind last, so that it is the one that is kept."""
    found = select(CheckRow).where(CheckRow.brief_id == brief_id).order_by(CheckRow.seq.desc())
    return list(writing.session.execute(found).scalars())


def _opened(writing: Writing, brief_id: str, creator_id: str, finding: Finding, check_id: str) -> CheckRow:
    row = CheckRow(
        check_id=check_id,
        brief_id=brief_id,
        creator_id=creator_id,
        kind=finding.kind,
        evidence=list(finding.evidence),
        revision=1,
        disposition="open",
        by=None,
        reason=None,
        until=None,
        created_at=writing.now,
        updated_at=writing.now,
        created_by=writing.actor,
    )
    writing.session.add(row)
    writing.session.flush()
    add_step(writing, row)
    return row


def _again(writing: Writing, row: CheckRow, finding: Finding) -> CheckRow:
    """Evidence that nobody has seen opens a check again; a block stays: a person set it, and a person lifts it."""
    fresh = [one for one in finding.evidence if one not in _known(row)]
    if not fresh:
        return row
    row.evidence = [*finding.evidence]
    row.revision += 1
    row.updated_at = writing.now
    if row.disposition != "blocked":
        row.disposition, row.by, row.reason, row.until = "open", None, None, None
    add_step(writing, row)
    return row


def _known(row: CheckRow) -> list[dict[str, Any]]:
    return [{"post_id": None, "words": [], "note": ""} | one for one in row.evidence]
