"""Kept lists with what was decided about them: what was shown, where, and who was taken, for the weights to learn from.

Nothing more has to be written down for it: a kept list has every place and every summand as it was shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from pydantic_core import from_json
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.preferences import SUMMANDS, DecidedList
from models.shortlist import ORDERS
from serving.store.tables import DecisionRow, ShortlistRow

_CHOSEN: Final = ("shortlisted", "invited")
_SUMMAND: Final = {"views": "views", "topic_lift": "views", "audience": "audience", "caution": "caution", "fit": "fit"}


def decided_lists(session: Session) -> Iterator[DecidedList]:
    """Lists by impact of which somebody was chosen and somebody was not, in the order they were made.

    Creators of whom too little was known for a forecast are left out: they stood below for that alone. So are lists
    whose summands do not say how much they counted, and decisions that name no list.
    """
    with_decisions = select(DecisionRow.shortlist_id).where(DecisionRow.shortlist_id.is_not(None))
    wanted = select(ShortlistRow).where(ShortlistRow.shortlist_id.in_(with_decisions)).order_by(ShortlistRow.seq)
    for row in session.execute(wanted).scalars():
        found = _decided(row, _decisions(session, row.shortlist_id))
        if found is not None:
            yield found


def _decisions(session: Session, shortlist_id: str) -> Sequence[DecisionRow]:
    of_list = select(DecisionRow).where(DecisionRow.shortlist_id == shortlist_id).order_by(DecisionRow.seq)
    return session.execute(of_list).scalars().all()


def _decided(row: ShortlistRow, decisions: Sequence[DecisionRow]) -> DecidedList | None:
    answer = from_json(row.answer)
    if answer["by"] != ORDERS[0]:
        return None
    last = {decision.creator_id: decision.decision for decision in decisions}  # a later one speaks
    shown = [(entry, _unweighted(entry["impact"])) for entry in answer["entries"] if entry["impact"]]
    chosen = np.array([last.get(entry["creator_id"]) in _CHOSEN for entry, _ in shown], dtype=bool)
    if not chosen.any() or chosen.all() or any(parts is None for _, parts in shown):
        return None
    return DecidedList(
        brief_id=row.brief_id,
        decided_at=_latest(decisions),
        synthetic=row.synthetic,
        parts=np.array([parts for _, parts in shown], dtype=np.float64),
        places=np.array([entry["rank"] for entry, _ in shown], dtype=np.int64),
        chosen=chosen,
    )


def _latest(decisions: Sequence[DecisionRow]) -> datetime:
    return max(decision.decided_at for decision in decisions)


def _unweighted(impact: Sequence[Mapping[str, Any]]) -> list[float] | None:
    """Summands before their weights, in the order of `SUMMANDS`; None where one does not say or had none."""
    total = dict.fromkeys(SUMMANDS, 0.0)
    for part in impact:
        if not part.get("weight"):
            return None
        total[_SUMMAND[part["name"]]] += part["value"] / part["weight"]
    return [total[name] for name in SUMMANDS]
