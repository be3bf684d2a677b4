"""How well fitted weights answer the held-out questions, beside what is used without a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from models.creator_index import SIGNALS
from models.weights import Choices, fit_weights
from training.held_out import Question

Floats = npt.NDArray[np.float32]

_CUTOFF: Final = 10
_TYPED_PLAIN: Final = "mix typed plain"
BASELINES: Final = {"words alone": "words_posts", "activity alone": "recent_activity"}


def held_out_metrics(questions: Sequence[Question], written: Choices, plain: Choices) -> dict[str, float]:
    """Mean measure per kind of question: of the fitted mix, of words alone, of activity alone.

    The mix is fitted on one half of the questions and measured on the other, and the other way round. Ranks are among
    the candidates of each question (its hardest rivals and a sample of the rest).
    """
    halves = _halves(questions)
    ranked = {name: np.zeros(written.right.shape, dtype=np.float32) for name in ("mix", _TYPED_PLAIN, *BASELINES)}
    for half in (0, 1):
        asked = halves == half
        weights = fit_weights(written.some(~asked), plain.some(~asked))
        ranked["mix"][asked] = written.some(asked).scores(weights.written)
        ranked[_TYPED_PLAIN][asked] = plain.some(asked).scores(weights.plain)
    for name, signal in BASELINES.items():
        ranked[name] = written.signals[:, :, SIGNALS.index(signal)]
    found = {"held-out questions": float(len(questions))}
    for name, scores in ranked.items():
        found |= _by_kind(name, questions, scores, plain if name == _TYPED_PLAIN else written)
    return found


def _halves(questions: Sequence[Question]) -> npt.NDArray[np.int64]:
    """(n_questions,) 0 or 1, each kind in both; a hashtag and the caption under it share answer and half."""
    own: npt.NDArray[np.int64] = np.cumsum([question.kind != "topic" for question in questions], dtype=np.int64) % 2
    return own


def _by_kind(name: str, questions: Sequence[Question], scores: Floats, choices: Choices) -> dict[str, float]:
    listed = np.where(np.isfinite(choices.stands_for), scores, -np.inf)
    order = np.argsort(-listed, axis=1, kind="stable")
    right = np.take_along_axis(choices.right > 0, order, axis=1)
    kinds = np.array([question.kind for question in questions])
    found = {}
    for kind in sorted(set(kinds)):
        asked = kinds == kind
        measure, values = ("MRR", _reciprocal(right)) if kind == "post" else (f"nDCG@{_CUTOFF}", _ndcg(right))
        found[f"{kind} {measure}: {name}"] = float(values[asked].mean())
    return found


def _reciprocal(right: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """(n_questions,) 1 / rank of the first right creator."""
    return np.where(right.any(axis=1), 1.0 / (right.argmax(axis=1) + 1), 0.0)


def _ndcg(right: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """(n_questions,) nDCG at the cutoff with equal gains (Järvelin and Kekäläinen, 2002)."""
    discount = 1.0 / np.log2(np.arange(2, _CUTOFF + 2))
    top = right[:, :_CUTOFF]
    best = np.cumsum(discount)[np.minimum(right.sum(axis=1), _CUTOFF) - 1]
    gained: npt.NDArray[np.float64] = (top * discount[: top.shape[1]]).sum(axis=1) / best
    return gained
