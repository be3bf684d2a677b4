"""How much each signal counts: a conditional logit, fitted on the catalogue's own last weeks.

The score of a creator is a weighted sum of signals, and exp(score) is proportional to the probability that this creator
is the one (D. McFadden, "Conditional logit analysis of qualitative choice behavior", 1974). So the parts of a score add
up in log space and each can be shown as a multiplier. Weights are never negative: a better post never lowers a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from models.creator_index import ACTIVITY_SIGNALS, SIGNALS, WRITTEN_SIGNALS

Floats = npt.NDArray[np.float32]

# Where the fit starts from and what a small catalogue keeps: every text channel alike, activity and pieces of words a
# little, for most pieces are in most texts (docs/decisions/0006).
_LITTLE: Final = dict.fromkeys(("pieces_creator", *ACTIVITY_SIGNALS), 0.15)
DEFAULT_WEIGHTS: Final = {name: _LITTLE.get(name, 0.4) for name in SIGNALS}
_PRIOR_QUERIES: Final = 300.0  # the defaults weigh as much as this many queries: briefs are not worded like captions
_PRIOR_PRECISION: Final = 1.0  # and hold each weight to about one around them

PARTS: Final = {
    "words": ("words_posts", "plain_posts", "pairs_posts", "words_creator", "pairs_creator", "pieces_creator"),
    "wording": ("wording_creator",),
    "meaning": ("meaning_posts", "meaning_creator"),
    "activity": ACTIVITY_SIGNALS,
}


@dataclass(frozen=True, slots=True)
class Weights:
    """Fitted weights, one set for briefs with diacritics and one for those without.

    Attributes:
        written: (n_signals,) float32, columns as `SIGNALS`.
        plain: (n_signals,) for a text without diacritics.
        queries: how many held-out queries they were fitted on; 0 means the defaults.
    """

    written: Floats
    plain: Floats
    queries: int

    def of(self, plain: bool) -> Floats:
        """The set for a text typed with or without diacritics."""
        return self.plain if plain else self.written

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        named = {
            "written": dict(zip(SIGNALS, map(float, self.written), strict=True)),
            "plain": dict(zip(SIGNALS, map(float, self.plain), strict=True)),
        }
        return {**named, "queries": self.queries}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Weights:
        """The inverse of `to_dict`."""
        written = np.array([content["written"][name] for name in SIGNALS], dtype=np.float32)
        plain = np.array([content["plain"][name] for name in SIGNALS], dtype=np.float32)
        return cls(written, plain, int(content["queries"]))


def default_weights() -> Weights:
    """What is used when there is too little to fit on."""
    written = np.array([DEFAULT_WEIGHTS[name] for name in SIGNALS], dtype=np.float32)
    return Weights(written, written * _plain_mask(), queries=0)


def _plain_mask() -> Floats:
    return np.array([name not in WRITTEN_SIGNALS for name in SIGNALS], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Choices:
    """Held-out queries with the creators that turned out to be right, among candidates.

    Attributes:
        signals: (n_queries, n_candidates, n_signals).
        right: (n_queries, n_candidates); each row sums to 1 over the right creators.
        stands_for: (n_queries, n_candidates) log of how many creators a candidate stands for: 0 for itself alone,
            more for one drawn from many, -inf for one that is not to be chosen (a caption's own author).
        shares: (n_queries,) how much each query counts; sums to the number of queries.
    """

    signals: Floats
    right: Floats
    stands_for: Floats
    shares: Floats


def fit_weights(written: Choices, plain: Choices) -> Weights:
    """Fit both sets; each is held to the defaults as strongly as `_PRIOR_QUERIES` queries would."""
    prior = default_weights()
    return Weights(
        written=_fit(written, prior.written, np.ones(len(SIGNALS), np.float32)),
        plain=_fit(plain, prior.plain, _plain_mask()),
        queries=len(written.shares),
    )


def _fit(choices: Choices, prior: Floats, mask: Floats) -> Floats:
    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        value, gradient = _negative_log_likelihood(weights, choices)
        away = weights - prior
        strength = _PRIOR_QUERIES * _PRIOR_PRECISION
        return value + strength * float(away @ away) / 2, gradient + strength * away

    bounds: Sequence[tuple[float, float | None]] = [(0.0, None) if m else (0.0, 0.0) for m in mask]
    found = minimize(loss, prior.astype(np.float64), jac=True, method="L-BFGS-B", bounds=bounds)
    fitted: Floats = np.asarray(found.x, dtype=np.float32)
    return fitted


def _negative_log_likelihood(
    weights: npt.NDArray[np.float64], choices: Choices
) -> tuple[float, npt.NDArray[np.float64]]:
    """Cross-entropy of the right creators under softmax(signals @ weights), and its gradient."""
    scores = choices.signals @ weights.astype(np.float32) + choices.stands_for
    scores -= scores.max(axis=1, keepdims=True)
    chance = np.exp(scores)
    total = chance.sum(axis=1, keepdims=True)
    chance /= total
    log_chance = np.where(choices.right > 0, scores - np.log(total), 0.0)
    value = -float((choices.shares[:, None] * choices.right * log_chance).sum())
    difference = choices.shares[:, None] * (chance - choices.right)
    gradient = np.einsum("qc,qcs->s", difference, choices.signals, optimize=True).astype(np.float64)
    return value, gradient
