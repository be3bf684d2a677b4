"""How the weights are fitted: what the choices were made with is found, and little data changes little."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.creator_index import ACTIVITY, SIGNALS
from models.weights import (
    AUTHOR_SIGNALS,
    DEFAULT_WEIGHTS,
    TOPIC_SIGNALS,
    Choices,
    Mix,
    Weights,
    _negative_log_likelihood,
    default_weights,
    fit_weights,
    wording_part,
)

MEANING, NOISE, WORDING = (SIGNALS.index(name) for name in ("meaning_posts", "hashtags_creator", "wording_creator"))
MEANING_WEIGHT, NOISE_WEIGHT = TOPIC_SIGNALS.index("meaning_posts"), TOPIC_SIGNALS.index("hashtags_creator")
FAR = 12  # candidates of a planted question


def planted(truth: dict[int, float], n_queries: int = 2000, n_candidates: int = FAR, seed: int = 0) -> Choices:
    """Choices by topic made by a conditional logit whose weights are known; signals not named do not matter."""
    source = np.random.default_rng(seed)
    signals = source.standard_normal((n_queries, n_candidates, len(SIGNALS))).astype(np.float32)
    scores = sum((weight * signals[:, :, at] for at, weight in truth.items()), np.zeros(signals.shape[:2]))
    chosen = (scores + source.gumbel(size=scores.shape)).argmax(axis=1)
    return choices_of(signals, np.eye(n_candidates, dtype=np.float32)[chosen], by_author=False)


def choices_of(signals: npt.NDArray[np.float32], right: npt.NDArray[np.float32], *, by_author: bool) -> Choices:
    n_queries = len(signals)
    return Choices(
        signals,
        right,
        np.zeros_like(right),
        np.ones(n_queries, dtype=np.float32),
        np.full(n_queries, np.log(8), dtype=np.float32),
        np.full(n_queries, by_author),
    )


def own_texts(n_queries: int = 600, seed: int = 0) -> Choices:
    """Posts whose author's wording stands out, among candidates who all speak of the same."""
    source = np.random.default_rng(seed)
    signals = source.random((n_queries, FAR, len(SIGNALS))).astype(np.float32)
    author = source.integers(FAR, size=n_queries)
    signals[np.arange(n_queries), author, WORDING] += 4.0
    return choices_of(signals, np.eye(FAR, dtype=np.float32)[author], by_author=True)


def together(first: Choices, second: Choices) -> Choices:
    names = ("signals", "right", "stands_for", "shares", "log_words", "by_author")
    return Choices(*(np.concatenate((getattr(first, name), getattr(second, name))) for name in names))


def weights_in(mix: Mix) -> npt.NDArray[np.float32]:
    return np.concatenate((mix.topic, mix.author))


# --- what is found -------------------------------------------------------------------------------------------------


def test_the_fit_finds_the_weights_that_the_choices_were_made_with() -> None:
    found = planted({MEANING: 1.5}, n_queries=20_000)
    fitted = fit_weights(found, found).written.topic
    assert fitted[MEANING_WEIGHT] == pytest.approx(1.5, abs=0.15)
    assert np.delete(fitted, MEANING_WEIGHT).max() < 0.1


def test_a_text_by_a_creator_goes_to_its_author_and_one_by_a_stranger_to_who_speaks_of_it() -> None:
    both = together(own_texts(), planted({MEANING: 1.5}, n_queries=600))
    mix = fit_weights(both, both).written
    assert mix.author[AUTHOR_SIGNALS.index("wording_creator")] > DEFAULT_WEIGHTS["wording_creator"]
    one = np.zeros((1, FAR, len(SIGNALS)), dtype=np.float32)
    one[0, 0, WORDING], one[0, 1, MEANING] = 4.5, 3.0
    asked = choices_of(one, np.eye(FAR, dtype=np.float32)[:1], by_author=False)
    assert asked.scores(mix)[0].argmax() == 0
    one[0, 0, WORDING] = 0.5
    assert asked.scores(mix)[0].argmax() == 1


@pytest.mark.parametrize("plain", [False, True])
def test_by_default_every_text_is_a_strangers(plain: bool) -> None:
    found = own_texts(5)
    mix = default_weights().of(plain)
    np.testing.assert_allclose(found.scores(mix), mix.weighted_topic(found.signals).sum(axis=-1), rtol=1e-5)


def test_wording_adds_what_the_two_questions_together_say() -> None:
    topic, author = np.log(np.array([0.1, 0.3, 0.6], np.float32)), np.log(np.array([3.0, 0.5, 0.5], np.float32))
    everyone = np.zeros(3, np.float32)
    wrote, stranger = np.exp(author) / 5.0, 1 / 5.0
    expected = np.log((wrote + stranger * np.exp(topic)) / (stranger * np.exp(topic)))
    np.testing.assert_allclose(wording_part(topic, author, everyone), expected, rtol=1e-5)
    assert (wording_part(topic, author - 200, everyone) == 0).all()


def test_the_gradient_is_that_of_the_loss() -> None:
    found = together(own_texts(12), planted({MEANING: 1.0}, 12))
    found.stands_for[3:, 11] = np.where(found.right[3:, 11] > 0, 0.0, 1.5)
    found.stands_for[15, :] = np.where(found.right[15] > 0, 0.0, -np.inf)
    exact = replace(found, signals=found.signals.astype(np.float64))

    def both(at: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        topic, author, bar = np.split(at, (len(TOPIC_SIGNALS), len(TOPIC_SIGNALS) + len(AUTHOR_SIGNALS)))
        return _negative_log_likelihood(topic, author, bar, exact)

    start = np.linspace(0.2, 1.0, len(TOPIC_SIGNALS) + len(AUTHOR_SIGNALS) + 2)
    steps = 1e-3 * np.eye(len(start))
    measured = [(both(start + step)[0] - both(start - step)[0]) / 2e-3 for step in steps]
    np.testing.assert_allclose(both(start)[1], measured, atol=0.01)


# --- what never happens --------------------------------------------------------------------------------------------


def test_a_signal_that_speaks_against_gets_no_weight_rather_than_a_negative_one() -> None:
    found = planted({MEANING: 1.0, NOISE: -1.0})
    fitted = fit_weights(found, found)
    assert fitted.written.topic[NOISE_WEIGHT] == 0
    assert fitted.plain.topic[NOISE_WEIGHT] == 0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.floats(-2, 2), st.floats(-2, 2))
def test_no_weight_is_ever_negative(seed: int, meaning: float, noise: float) -> None:
    found = planted({MEANING: meaning, NOISE: noise}, n_queries=60, seed=seed)
    fitted = fit_weights(found, found)
    for mix in (fitted.written, fitted.plain):
        assert (weights_in(mix) >= 0).all()
        assert np.isfinite(weights_in(mix)).all()


def test_few_questions_leave_the_weights_near_the_defaults_and_many_move_them() -> None:
    many = planted({MEANING: 3.0}, n_queries=10_000)
    few = many.some(np.arange(10_000) < 3)
    prior = default_weights().written
    assert np.abs(weights_in(fit_weights(few, few).written) - weights_in(prior)).max() < 0.2
    assert fit_weights(many, many).written.topic[MEANING_WEIGHT] > prior.topic[MEANING_WEIGHT] + 1.5


def test_candidates_drawn_from_many_give_the_weights_that_all_would_give() -> None:
    n_candidates, n_drawn = 201, 80
    everyone = planted({MEANING: 1.0}, 600, n_candidates)
    source = np.random.default_rng(9)
    order = np.argsort(-everyone.right, axis=1, kind="stable")  # the one who is right first, then the others
    kept = np.stack([np.append(row[0], source.choice(row[1:], n_drawn, replace=False)) for row in order])
    stands_for = np.zeros(kept.shape, dtype=np.float32)
    stands_for[:, 1:] = np.log((n_candidates - 1) / n_drawn)
    sampled = replace(
        everyone,
        signals=np.take_along_axis(everyone.signals, kept[:, :, None], axis=1),
        right=np.take_along_axis(everyone.right, kept, axis=1),
        stands_for=stands_for,
    )
    exact, estimated = fit_weights(everyone, everyone).written, fit_weights(sampled, sampled).written
    np.testing.assert_allclose(estimated.topic, exact.topic, atol=0.15)


def test_a_candidate_who_is_barred_teaches_nothing() -> None:
    found = planted({MEANING: 1.0}, n_queries=300)
    barred = np.zeros_like(found.stands_for)
    unlucky = (found.right.argmax(axis=1) + 1) % found.right.shape[1]
    barred[np.arange(300), unlucky] = -np.inf
    loud = found.signals.copy()
    loud[np.arange(300), unlucky] = 9.0
    quiet, shouted = replace(found, stands_for=barred), replace(found, stands_for=barred, signals=loud)
    expected, found_weights = (weights_in(fit_weights(asked, asked).written) for asked in (quiet, shouted))
    np.testing.assert_allclose(found_weights, expected, atol=1e-4)


def test_a_fit_is_the_same_each_time_and_whatever_the_order_of_the_questions() -> None:
    found = together(own_texts(100), planted({MEANING: 1.0}, n_queries=100))
    turned = found.some(np.arange(200)[::-1])  # type: ignore[arg-type]
    fitted, again, other = (weights_in(fit_weights(asked, asked).written) for asked in (found, found, turned))
    np.testing.assert_array_equal(fitted, again)
    np.testing.assert_allclose(fitted, other, atol=5e-3)


def test_the_fit_changes_nothing_that_it_is_given() -> None:
    found = planted({MEANING: 1.0}, n_queries=50)
    for array in (found.signals, found.right, found.stands_for, found.shares, found.log_words, found.by_author):
        array.flags.writeable = False
    assert fit_weights(found, found).queries == 50


def test_weights_survive_json() -> None:
    fitted = fit_weights(planted({MEANING: 1.0}, 50), own_texts(50))
    again = Weights.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again.to_dict() == fitted.to_dict()
    assert again.queries == 50


def test_every_signal_has_a_say() -> None:
    assert set(TOPIC_SIGNALS) | set(AUTHOR_SIGNALS) == set(SIGNALS)
    assert len(set(TOPIC_SIGNALS)) == len(TOPIC_SIGNALS)
    assert DEFAULT_WEIGHTS[ACTIVITY] < DEFAULT_WEIGHTS["words_posts"]
