"""How the weights of the signals are fitted: a right answer is found, and little data changes little."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.creator_index import ACTIVITY_SIGNALS, SIGNALS, WRITTEN_SIGNALS
from models.weights import DEFAULT_WEIGHTS, PARTS, Choices, Weights, default_weights, fit_weights

TELLING, NOISE = SIGNALS.index("pairs_posts"), SIGNALS.index("all_activity")
CANDIDATES = 20


def questions(n: int, seed: int = 3) -> Choices:
    """Questions that one signal answers always, and no other ever."""
    rng = np.random.default_rng(seed)
    signals = rng.random((n, CANDIDATES, len(SIGNALS)), dtype=np.float32)
    right = np.zeros((n, CANDIDATES), dtype=np.float32)
    answer = rng.integers(CANDIDATES, size=n)
    right[np.arange(n), answer] = 1.0
    signals[np.arange(n), answer, TELLING] = 4.0
    return Choices(signals, right, np.zeros((n, CANDIDATES), np.float32), np.ones(n, np.float32))


def test_the_signal_that_answers_gets_the_weight() -> None:
    fitted = fit_weights(questions(400), questions(400))
    assert fitted.written.argmax() == fitted.plain.argmax() == TELLING
    assert fitted.written[TELLING] > 3 * DEFAULT_WEIGHTS["pairs_posts"]
    assert fitted.queries == 400


def test_a_signal_that_misleads_gets_no_weight_but_never_a_negative_one() -> None:
    asked = questions(400)
    misleading = asked.signals.copy()
    misleading[:, :, NOISE] = 4.0 * (asked.right == 0)
    fitted = fit_weights(Choices(misleading, asked.right, asked.stands_for, asked.shares), asked)
    assert fitted.written[NOISE] == 0.0
    assert (fitted.written >= 0).all()
    assert (fitted.plain >= 0).all()


def test_few_questions_leave_the_defaults_nearly_alone() -> None:
    few, many = fit_weights(questions(2), questions(2)), fit_weights(questions(400), questions(400))
    default = default_weights().written
    assert np.abs(few.written - default).max() < 0.2 < np.abs(many.written - default).max()


def test_a_text_without_diacritics_is_answered_without_the_written_words() -> None:
    written = [SIGNALS.index(name) for name in WRITTEN_SIGNALS]
    for weights in (default_weights(), fit_weights(questions(50), questions(50))):
        assert weights.of(plain=True)[written].tolist() == [0.0] * len(written)
        assert (weights.of(plain=False)[written] > 0).all()


def test_nobody_who_cannot_be_chosen_moves_the_weights() -> None:
    asked = questions(100)
    author = asked.stands_for.copy()
    author[:, 0] = np.where(asked.right[:, 0] > 0, 0.0, -np.inf)
    changed = asked.signals.copy()
    changed[:, 0] = np.where(asked.right[:, :1] > 0, asked.signals[:, 0], 9.0)
    with_author = fit_weights(Choices(changed, asked.right, author, asked.shares), asked)
    without = fit_weights(Choices(asked.signals, asked.right, author, asked.shares), asked)
    assert with_author.written == pytest.approx(without.written, abs=1e-3)


def test_weights_survive_json() -> None:
    fitted = fit_weights(questions(50), questions(50))
    again = Weights.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again.written.tolist() == fitted.written.tolist()
    assert again.plain.tolist() == fitted.plain.tolist()
    assert again.queries == 50


def test_every_signal_belongs_to_one_part() -> None:
    assert sorted(name for names in PARTS.values() for name in names) == sorted(SIGNALS)
    assert all(DEFAULT_WEIGHTS[name] < DEFAULT_WEIGHTS["words_posts"] for name in ACTIVITY_SIGNALS)
