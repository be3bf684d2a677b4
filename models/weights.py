"""How much each signal counts: two conditional logits in one, fitted on the catalogue's own last weeks.

A text is either by one of the creators, in their own wording, or by a stranger, such as an office that writes a brief.
Of a creator's own text the author is asked for; of a stranger's, who speaks of the same things:

    p(creator | text) = p(author = creator | text) + p(stranger | text) p(speaks of it = creator | text)

Both are conditional logits over weighted sums of signals (D. McFadden, "Conditional logit analysis of qualitative
choice behavior", 1974); the stranger is one more alternative among the authors, the harder to beat the longer the text,
for a long text has more of everybody's wording. Fitted on texts as they are and with their author taken out, they tell
a text by one of the creators (to be given to its author) from any other (to be judged by its topic).

The score is the logarithm of p up to a constant of the query: the topic's parts add up, and wording adds a part that is
never below zero. Weights are never negative: a better post never lowers a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.creator_index import ACTIVITY, SIGNALS

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

# The parts of the score by topic, each with its signals; "wording" is the part that the author's logit adds.
PARTS: Final = {
    "words": ("words_posts", "pieces_creator"),
    "meaning": ("meaning_posts",),
    "hashtags": ("hashtags_creator",),
    "activity": (ACTIVITY,),
}
WORDING: Final = "wording"
TOPIC_SIGNALS: Final = tuple(name for names in PARTS.values() for name in names)
AUTHOR_SIGNALS: Final = ("words_posts", "meaning_posts", "wording_posts", "wording_creator", "shape_creator")

# Where the fit starts from and what a small catalogue keeps: what speaks of a topic alike, activity a little, pieces of
# words not at all, for most pieces are in most texts (docs/decisions/0007).
DEFAULT_WEIGHTS: Final = {**dict.fromkeys(SIGNALS, 0.4), ACTIVITY: 0.15, "pieces_creator": 0.0}
_EVERYBODY: Final = 100.0  # log odds of the stranger when nothing was fitted: every text is taken to be a stranger's
_MARGIN: Final = 3.0  # log odds by which the stranger goes first at the start of a fit
_PRIOR_QUERIES: Final = 50.0  # the defaults weigh as much as this many queries, and hold each weight to about one
_STRANGERS: Final = 0.4  # how much a post counts as one by a stranger, its author taken out, beside once as it is


@dataclass(frozen=True, slots=True)
class Mix:
    """Fitted weights for texts typed one way.

    Attributes:
        topic: (n_topic,) float32, columns as `TOPIC_SIGNALS`.
        author: (n_author,) float32, columns as `AUTHOR_SIGNALS`.
        stranger: log odds of the stranger for a text of one word.
        per_log_word: what they grow by with the logarithm of the number of words.
    """

    topic: Floats
    author: Floats
    stranger: float
    per_log_word: float

    def weighted_topic(self, signals: Floats) -> Floats:
        """(..., n_signals) signals, columns as `SIGNALS`, to the summands of who speaks of it: (..., n_topic)."""
        weighted: Floats = signals[..., _TOPIC] * self.topic
        return weighted

    def topic_of(self, signals: Floats) -> Floats:
        """Their sum: (..., n_signals) signals to the logit of who speaks of it, (...,)."""
        total: Floats = signals[..., _TOPIC] @ self.topic
        return total

    def author_of(self, signals: Floats, log_words: float | Floats) -> Floats:
        """(..., n_creators, n_signals) signals to the log odds of each creator against the stranger as the author."""
        bar = self.stranger + self.per_log_word * np.asarray(log_words)
        total: Floats = (signals[..., _AUTHOR] @ self.author - bar[..., None]).astype(np.float32)
        return total

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "topic": dict(zip(TOPIC_SIGNALS, map(float, self.topic), strict=True)),
            "author": dict(zip(AUTHOR_SIGNALS, map(float, self.author), strict=True)),
            "stranger": self.stranger,
            "per_log_word": self.per_log_word,
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Mix:
        """The inverse of `to_dict`."""
        return cls(
            np.array([content["topic"][name] for name in TOPIC_SIGNALS], dtype=np.float32),
            np.array([content["author"][name] for name in AUTHOR_SIGNALS], dtype=np.float32),
            float(content["stranger"]),
            float(content["per_log_word"]),
        )


def logsumexp(values: Floats | Doubles) -> Any:  # noqa: ANN401  # of the same type, the last axis of length one
    """Logarithm of the sum of exponentials over the last axis; SciPy's brings 28 MiB to a service."""
    most = values.max(axis=-1, keepdims=True)
    most = np.where(np.isfinite(most), most, values.dtype.type(0.0))
    with np.errstate(divide="ignore"):  # of nothing but -inf the logarithm is -inf
        return most + np.log(np.exp(values - most).sum(axis=-1, keepdims=True))


_TOPIC: Final = [SIGNALS.index(name) for name in TOPIC_SIGNALS]
_AUTHOR: Final = [SIGNALS.index(name) for name in AUTHOR_SIGNALS]


def wording_part(topic: Floats, author: Floats, stands_for: Floats) -> Floats:
    """What wording adds to the score by topic: log(1 + p(author) / (p(stranger) p(topic))), at least zero.

    Args:
        topic: (..., n_creators) logit of who speaks of it.
        author: (..., n_creators) log odds against the stranger.
        stands_for: (..., n_creators) log of how many creators each stands for, -inf for one not to be chosen.
    """
    total = logsumexp(topic + stands_for)
    added: Floats = np.logaddexp(0.0, author - topic + total).astype(np.float32)
    return added


@dataclass(frozen=True, slots=True)
class Weights:
    """Fitted weights, one set for briefs with diacritics and one for those without.

    Attributes:
        written: for a text with diacritics.
        plain: for a text without any.
        queries: how many held-out queries they were fitted on; 0 means the defaults.
    """

    written: Mix
    plain: Mix
    queries: int

    def of(self, plain: bool) -> Mix:
        """The set for a text typed with or without diacritics."""
        return self.plain if plain else self.written

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"written": self.written.to_dict(), "plain": self.plain.to_dict(), "queries": self.queries}

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Weights:
        """The inverse of `to_dict`."""
        return cls(Mix.from_dict(content["written"]), Mix.from_dict(content["plain"]), int(content["queries"]))


def default_weights() -> Weights:
    """What is used when there is too little to fit on: every text is a stranger's, and its topic alone counts."""
    topic = np.array([DEFAULT_WEIGHTS[name] for name in TOPIC_SIGNALS], dtype=np.float32)
    author = np.array([DEFAULT_WEIGHTS[name] for name in AUTHOR_SIGNALS], dtype=np.float32)
    mix = Mix(topic, author, stranger=_EVERYBODY, per_log_word=0.0)
    return Weights(mix, mix, queries=0)


@dataclass(frozen=True, slots=True)
class Choices:
    """Held-out queries with the creators that turned out to be right, among candidates.

    Attributes:
        signals: (n_queries, n_candidates, n_signals), columns as `SIGNALS`.
        right: (n_queries, n_candidates); each row sums to 1 over the right creators.
        stands_for: (n_queries, n_candidates) log of how many creators a candidate stands for: 0 for itself alone,
            more for one drawn from many, -inf for one that is not to be chosen (a caption's own author).
        shares: (n_queries,) how much each query counts; sums to the number of queries.
        log_words: (n_queries,) log of the number of words of each query.
        by_author: (n_queries,) whether the right creator is the one who wrote the text.
    """

    signals: Floats
    right: Floats
    stands_for: Floats
    shares: Floats
    log_words: Floats
    by_author: npt.NDArray[np.bool_]

    def some(self, chosen: npt.NDArray[np.bool_]) -> Choices:
        """Those of the queries that are chosen."""
        return Choices(
            self.signals[chosen],
            self.right[chosen],
            self.stands_for[chosen],
            self.shares[chosen],
            self.log_words[chosen],
            self.by_author[chosen],
        )

    def scores(self, mix: Mix) -> Floats:
        """(n_queries, n_candidates) the score of every candidate."""
        topic = mix.topic_of(self.signals)
        added = wording_part(topic, mix.author_of(self.signals, self.log_words), self.stands_for)
        total: Floats = topic + added
        return total


def log_loss(choices: Choices, mix: Mix) -> float:
    """Mean minus log of the probability of the right creators."""
    bar = np.array([mix.stranger, mix.per_log_word])
    found, _ = _negative_log_likelihood(mix.topic.astype(np.float64), mix.author.astype(np.float64), bar, choices)
    return found / max(len(choices.shares), 1)


def fit_weights(written: Choices, plain: Choices) -> Weights:
    """Fit both sets; each is held to the defaults as strongly as `_PRIOR_QUERIES` queries would."""
    return Weights(fit_mix(written), fit_mix(plain), queries=len(written.shares))


def fit_mix(choices: Choices) -> Mix:
    """Fit one set, held to the defaults."""
    from scipy.optimize import minimize  # 23 MiB that a service which only answers does without

    prior = default_weights().written
    target = np.concatenate((prior.topic, prior.author)).astype(np.float64)
    n_weights, n_topic = len(target), len(prior.topic)

    def loss(found: Doubles) -> tuple[float, Doubles]:
        topic, author, bar = np.split(found, (n_topic, n_weights))
        value, gradient = _negative_log_likelihood(topic, author, bar, choices)
        away = np.zeros_like(found)
        away[:n_weights] = found[:n_weights] - target
        return value + _PRIOR_QUERIES * float(away @ away) / 2, gradient + _PRIOR_QUERIES * away

    bounds: Sequence[tuple[float | None, float | None]] = [(0.0, None)] * n_weights + [(None, None)] * 2
    start = np.concatenate((target, _first_bar(choices, prior)))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    fitted = np.asarray(found[:n_weights], dtype=np.float32)
    return Mix(fitted[:n_topic], fitted[n_topic:], stranger=float(found[-2]), per_log_word=float(found[-1]))


def _first_bar(choices: Choices, prior: Mix) -> Doubles:
    """Where the stranger's odds start: somewhat above the likeliest author's of a text that long, by least squares.

    From below, the fit may settle where authors explain topics and the topic's weights explain nothing.
    """
    odds = choices.signals[:, :, _AUTHOR] @ prior.author + choices.stands_for
    likeliest = odds.max(axis=1, initial=0.0).astype(np.float64)
    spread = np.stack((np.ones(len(odds)), choices.log_words), axis=1).astype(np.float64)
    line: Doubles = np.linalg.lstsq(spread, likeliest + _MARGIN, rcond=None)[0]
    return line


def _negative_log_likelihood(topic: Doubles, author: Doubles, bar: Doubles, choices: Choices) -> tuple[float, Doubles]:
    """Cross-entropy of the right creators, and of the stranger where the author is taken out; and its gradient."""
    by_topic = choices.signals[:, :, _TOPIC]
    by_author = choices.signals[:, :, _AUTHOR]
    log_topic = by_topic @ topic.astype(np.float32) + choices.stands_for
    log_topic -= logsumexp(log_topic)
    odds = by_author @ author.astype(np.float32) + choices.stands_for
    stranger = (bar[0] + bar[1] * choices.log_words)[:, None]
    total = np.logaddexp(logsumexp(odds), stranger)
    log_author, log_stranger = odds - total, stranger - total
    right = choices.right > 0
    both = np.where(right, np.logaddexp(log_author, log_stranger + log_topic), 0.0)
    wrote = np.where(right, choices.right * np.exp(np.where(right, log_author, 0.0) - both), 0.0)  # by own text
    spoke = choices.right - wrote  # by topic
    share = choices.shares[:, None]
    value = -float((share * choices.right * both).sum())
    to_topic = share * (spoke.sum(axis=1, keepdims=True) * np.exp(log_topic) - spoke)
    to_author = share * (np.exp(log_author) - wrote)
    to_stranger = share * (np.exp(log_stranger) - spoke.sum(axis=1, keepdims=True))

    without = np.where(right, -np.inf, odds)
    left = np.logaddexp(logsumexp(without), stranger)
    asked = _STRANGERS * share * choices.by_author[:, None]
    value -= float((asked * (stranger - left)).sum())
    to_author += asked * np.exp(without - left)
    to_stranger += asked * (np.exp(stranger - left) - 1.0)

    to_bar = to_stranger.sum(axis=1)
    gradient = np.concatenate(
        (
            np.einsum("qc,qcs->s", to_topic.astype(np.float32), by_topic, optimize=True),
            np.einsum("qc,qcs->s", to_author.astype(np.float32), by_author, optimize=True),
            [to_bar.sum(), to_bar @ choices.log_words],
        )
    )
    return value, gradient.astype(np.float64)
