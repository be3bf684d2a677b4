"""Learn from staff's choices how much the summands of a list count: a pairwise model that starts from what is in use.

Of each list that staff decided on, whoever was chosen is set against whoever was not:

    P(i before j) = 1 / (1 + exp(-b . (x_i - x_j)))

x are the summands as `models.preferences.SUMMANDS`; b is drawn to equal weights, the ones in use. What stands higher is
looked at more, so a pair counts by the inverse of how much the place of the chosen one is looked at (Joachims,
Swaminathan and Schnabel, 2017); how steeply attention falls is fitted first. docs/decisions/0017 compares other ways.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from models.preferences import PRIOR, SUMMANDS, DecidedList, Preferences
from training.measures import Interval, paired_bootstrap

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

PARTS: Final = 5  # of the briefs in order of time: each but the first is foretold by weights fitted on those before it
RIDGE: Final = 2.0  # what it costs to double a weight or to drop it, in units of a brief's log loss, halved
FURTHEST: Final = 4.0  # by what factor a weight may leave the one in use: a few odd choices shall not take over
STEEPEST: Final = 2.0  # attention that falls faster leaves nothing to learn from below the first places
MOST_WEIGHT: Final = 10.0  # of a pair: one odd choice far down shall not outweigh all others
_BARELY: Final = 1e-3  # a pull that only keeps weights finite where choices follow a list to the letter
_FREE: Final = 1e3  # no bound
_SURE: Final = -1e-9  # log of the largest chance: none is a certainty
_LEAST_SCALE: Final = 1e-3  # staff who choose against a list: its weights are still the ones to start from


@dataclass(frozen=True, slots=True)
class Pairs:
    """Who was chosen against who was not.

    Attributes:
        differences: (n_pairs, 4) summands of the chosen less those of the other.
        chosen_at: (n_pairs,) the chosen one's place.
        shares: (n_pairs,) how much a pair counts; at first those of a brief sum to one.
        briefs: (n_pairs,) numbers of briefs, from 0.
    """

    differences: Doubles
    chosen_at: Rows
    shares: Doubles
    briefs: Rows

    @property
    def n_briefs(self) -> int:
        """How many briefs the pairs are of."""
        return int(self.briefs.max(initial=-1)) + 1

    def weighed(self, steep: float) -> Pairs:
        """Each pair by the inverse of the attention that the chosen one's place has, place to the power -`steep`."""
        factors = np.minimum(self.chosen_at.astype(np.float64) ** steep, MOST_WEIGHT)
        return replace(self, shares=self.shares * factors)


@dataclass(frozen=True, slots=True)
class Learned:
    """What staff's choices taught.

    Attributes:
        preferences: the weights to be used: `PRIOR` where the choices are too few or foretold no better by others.
        briefs: briefs with decisions.
        gain: how much better other weights foretold the briefs held out, in log loss per brief; None: not tried.
    """

    preferences: Preferences
    briefs: int
    gain: Interval | None

    def metrics(self) -> dict[str, float]:
        """By name, as they stand beside a model's other figures; none without a decision."""
        if not self.briefs:
            return {}
        found = {"staff's choices: briefs": float(self.briefs), "staff's choices: used": float(self._used)}
        if self.gain is not None:
            found |= {"staff's choices: gain": self.gain.mean, "staff's choices: gain, low": self.gain.low}
        weights = self.preferences.to_dict()
        return found | {f"staff's choices: weight of {name}": weights[name] for name in SUMMANDS[1:]}

    @property
    def _used(self) -> bool:
        return self.preferences.briefs > 0


def learn(lists: Sequence[DecidedList], fit_weight: float, least_briefs: int, rng: np.random.Generator) -> Learned:
    """Weights that foretell staff's choices better than those in use, if there are any.

    Args:
        lists: decided on; one of which all or none were chosen says nothing and is passed over.
        fit_weight: of the settings; weights are learned beside it.
        least_briefs: how many briefs with decisions there must be.
        rng: draws briefs for the interval.
    """
    telling = telling_lists(lists)
    briefs = list(dict.fromkeys(one.brief_id for one in telling))
    if len(briefs) < max(least_briefs, 2):
        return Learned(PRIOR, len(briefs), None)
    gain = paired_bootstrap(*_foretold(telling, briefs, fit_weight), rng)
    if gain.low <= 0.0:
        return Learned(PRIOR, len(briefs), gain)
    return Learned(as_preferences(fitted(telling, fit_weight), len(briefs)), len(briefs), gain)


def _foretold(telling: Sequence[DecidedList], briefs: Sequence[str], fit_weight: float) -> tuple[Doubles, Doubles]:
    """(n_later,) log loss of each brief but the first ones, by the weights in use and by those learned before it."""
    part_of = dict(zip(briefs, np.arange(len(briefs)) * PARTS // len(briefs), strict=True))
    by_usual, by_learned = [], []
    for part in sorted(set(part_of.values()))[1:]:
        early = [one for one in telling if part_of[one.brief_id] < part]
        steep = attention(early, fit_weight)
        seen = pairs_of(early, fit_weight).weighed(steep)
        late = pairs_of([one for one in telling if part_of[one.brief_id] == part], fit_weight).weighed(steep)
        in_use = in_use_of(seen)
        by_usual.append(losses(late, in_use))
        by_learned.append(losses(late, fit(seen, in_use)))
    return np.concatenate(by_usual), np.concatenate(by_learned)


def telling_lists(lists: Iterable[DecidedList]) -> list[DecidedList]:
    """Those of which somebody was chosen and somebody was not, in the order of their decisions.

    Lists of one moment stand by brief and content, so that the order in which they are handed over says nothing.
    """
    telling = (one for one in lists if one.chosen.any() and not one.chosen.all())
    return sorted(telling, key=lambda one: (one.decided_at, one.brief_id, one.parts.tobytes(), one.chosen.tobytes()))


def digest(lists: Iterable[DecidedList]) -> str:
    """SHA-256 of what was learned from: to say later what a model was trained on."""
    found = hashlib.sha256()
    for one in telling_lists(lists):
        found.update(f"{one.brief_id}\n{one.decided_at.isoformat()}\n".encode())
        for array in (one.parts, one.places, one.chosen):
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def pairs_of(telling: Sequence[DecidedList], fit_weight: float) -> Pairs:
    """Every chosen creator against every other of the same list; at least one list, see `telling_lists`."""
    number = {brief: n for n, brief in enumerate(dict.fromkeys(one.brief_id for one in telling))}
    differences, chosen_at = [], []
    for one in telling:
        parts = one.parts * _scales(fit_weight)
        differences.append((parts[one.chosen][:, None] - parts[~one.chosen][None]).reshape(-1, len(SUMMANDS)))
        chosen_at.append(np.repeat(one.places[one.chosen], (~one.chosen).sum()))
    sizes = [len(places) for places in chosen_at]
    briefs = np.repeat([number[one.brief_id] for one in telling], sizes).astype(np.int64)
    shares = 1.0 / np.bincount(briefs)[briefs]
    return Pairs(np.concatenate(differences), np.concatenate(chosen_at), shares, briefs)


def _scales(fit_weight: float) -> Doubles:
    return np.array([1.0, 1.0, 1.0, fit_weight])


def attention(telling: Sequence[DecidedList], fit_weight: float) -> float:
    """How steeply attention falls: the s of P(chosen) = place^-s / (1 + exp(-(a + b . x))), by maximum likelihood.

    A place that is looked at and a creator who is liked are told apart because neither makes up for the other: whoever
    is not looked at is not chosen, however much liked (the examination hypothesis).
    """
    summands = np.concatenate([(one.parts - one.parts.mean(axis=0)) * _scales(fit_weight) for one in telling])
    columns = np.column_stack((summands, np.ones(len(summands))))
    log_places = np.log(np.concatenate([one.places for one in telling]))
    chosen = np.concatenate([one.chosen for one in telling])

    def loss(found: Doubles) -> tuple[float, Doubles]:
        weights, steep = found[:-1], found[-1]
        odds = columns @ weights
        log_chance = np.minimum(log_expit(odds) - steep * log_places, _SURE)
        chance = np.exp(log_chance)
        value = -float(np.where(chosen, log_chance, np.log1p(-chance)).sum()) + _BARELY * float(weights @ weights) / 2
        slope = -np.where(chosen, 1.0, -chance / (1.0 - chance))
        return value, np.append(columns.T @ (slope * expit(-odds)) + _BARELY * weights, -slope @ log_places)

    bounds = [(-_FREE, _FREE)] * columns.shape[1] + [(0.0, STEEPEST)]
    return float(minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds).x[-1])


def in_use_of(pairs: Pairs) -> Doubles:
    """(4,) the weights in use: all alike, as large as staff follow them closely."""
    sums = pairs.differences.sum(axis=1, keepdims=True)
    scale = _minimised(pairs, sums, np.zeros(1), np.full(1, _BARELY), [(_LEAST_SCALE, _FREE)])
    return np.repeat(scale, len(SUMMANDS))


def fit(pairs: Pairs, in_use: Doubles, ridge: float = RIDGE) -> Doubles:
    """(4,) weights of their own for each summand, drawn to those in use."""
    bounds = [(one / FURTHEST, one * FURTHEST) for one in in_use.tolist()]
    return _minimised(pairs, pairs.differences, in_use, ridge / in_use**2, bounds)


def fitted(telling: Sequence[DecidedList], fit_weight: float) -> Doubles:
    """(4,) weights from all lists, attention included."""
    weighed = pairs_of(telling, fit_weight).weighed(attention(telling, fit_weight))
    return fit(weighed, in_use_of(weighed))


def _minimised(
    pairs: Pairs, columns: Doubles, drawn_to: Doubles, pull: Doubles, bounds: Sequence[tuple[float, float]]
) -> Doubles:
    """(n_columns,) weights of least log loss and least pull, a square each.

    Scikit-learn's logistic regression knows neither bounds nor a ridge towards other than zero.
    """

    def loss(found: Doubles) -> tuple[float, Doubles]:
        odds, away = columns @ found, found - drawn_to
        value = float(pairs.shares @ np.logaddexp(0.0, -odds)) + float(pull @ away**2) / 2
        return value, pull * away - columns.T @ (pairs.shares * expit(-odds))

    begin = np.clip(drawn_to, *np.array(bounds).T)
    found: Doubles = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def losses(pairs: Pairs, weights: Doubles) -> Doubles:
    """(n_briefs,) log loss of each brief's choices."""
    odds = pairs.differences @ weights
    total = np.zeros(pairs.n_briefs)
    np.add.at(total, pairs.briefs, pairs.shares * np.logaddexp(0.0, -odds))
    return total


def as_preferences(weights: Doubles, briefs: int) -> Preferences:
    """Weights beside views, which count once."""
    _, audience, caution, fit_count = (weights / weights[0]).tolist()
    return Preferences(audience=audience, caution=caution, fit=fit_count, briefs=briefs)
