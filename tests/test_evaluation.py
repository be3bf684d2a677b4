"""How well held-out questions are answered: small cases counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from models.creator_index import SIGNALS
from models.weights import Choices, Weights, fit_weights
from training import evaluation
from training.evaluation import BASELINES, held_out_metrics
from training.held_out import Question
from training.measures import reciprocal_rank

WORDS = SIGNALS.index("words_posts")


def world(
    words: Sequence[Sequence[float]], right: Sequence[Sequence[int]], barred: Sequence[Sequence[int]] = ()
) -> Choices:
    """Questions by how many words each candidate shares with them, and which candidates (positions) are right."""
    signals = np.zeros((len(words), len(words[0]), len(SIGNALS)), dtype=np.float32)
    signals[:, :, WORDS] = words
    answers = np.zeros(signals.shape[:2], dtype=np.float32)
    stands_for = np.zeros_like(answers)
    for i, who in enumerate(right):
        answers[i, list(who)] = 1 / len(who)
    for i, who in enumerate(barred):
        stands_for[i, list(who)] = -np.inf
    shares = np.ones(len(words), dtype=np.float32)
    return Choices(signals, answers, stands_for, shares, np.zeros_like(shares), np.ones(len(words), dtype=bool))


def asked(*kinds: str) -> list[Question]:
    return [Question(kind, "một hai ba bốn", (0,)) for kind in kinds]


def metrics(kinds: Sequence[str], found: Choices) -> dict[str, float]:
    return held_out_metrics(asked(*kinds), found, found)


def test_the_right_creator_of_a_post_at_rank_r_counts_one_over_r() -> None:
    found = metrics(["post"] * 3, world([[3, 2, 1], [3, 2, 1], [3, 2, 1]], [[0], [1], [2]]))
    assert found["post MRR: words alone"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_joiners_of_a_hashtag_are_measured_by_where_they_stand_among_the_first_ten() -> None:
    candidates = [[12 - i for i in range(12)]]
    for right, value in {
        (0, 1): 1.0,
        (0, 2): (1 + 1 / np.log2(4)) / (1 + 1 / np.log2(3)),
        (11,): 0.0,
        (9,): 1 / np.log2(11),
        tuple(range(12)): 1.0,
    }.items():
        found = metrics(["tag", "tag"], world(candidates * 2, [right] * 2))
        assert found["tag nDCG@10: words alone"] == pytest.approx(value, abs=1e-6)


def test_who_is_barred_is_not_ranked() -> None:
    found = metrics(["post"] * 2, world([[3, 2, 1]] * 2, [[1]] * 2, [[0]] * 2))
    assert found["post MRR: words alone"] == 1.0


def test_each_kind_of_question_has_a_figure_for_the_mix_and_for_each_baseline() -> None:
    found = metrics(["post", "post", "tag", "tag"], world([[2, 1]] * 4, [[0]] * 4))
    rows = {"mix", "mix typed plain", *BASELINES}
    assert set(found) == {"held-out questions"} | {f"{m}: {row}" for m in ("post MRR", "tag nDCG@10") for row in rows}
    assert found["held-out questions"] == 4
    assert all(0 <= value <= 1 for name, value in found.items() if name != "held-out questions")


def test_the_mix_answers_what_its_signals_tell() -> None:
    source = np.random.default_rng(0)
    right = [[int(source.integers(6))] for _ in range(40)]
    words = [[5.0 if i in who else 0.0 for i in range(6)] for who in right]
    found = metrics(["post"] * 40, world(words, right))
    assert found["post MRR: mix"] == 1.0
    assert found["post MRR: activity alone"] < 0.8


def test_no_question_is_answered_by_weights_fitted_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted_on: list[int] = []

    def watched(written: Choices, plain: Choices) -> Weights:
        fitted_on.append(len(written.shares))
        return fit_weights(written, plain)

    monkeypatch.setattr(evaluation, "fit_weights", watched)
    metrics(["post"] * 5, world([[2, 1]] * 5, [[0]] * 5))
    assert sorted(fitted_on) == [2, 3]


def test_both_halves_hold_every_kind_and_a_hashtag_stays_with_the_caption_under_it() -> None:
    questions = asked(*["post"] * 3, *["tag", "topic"] * 2, "tag", *["tag", "topic"] * 2)
    halves = evaluation._halves(questions).tolist()
    for kind in ("post", "tag", "topic"):
        assert {half for half, question in zip(halves, questions, strict=True) if question.kind == kind} == {0, 1}
    assert all(halves[i] == halves[i - 1] for i, question in enumerate(questions) if question.kind == "topic")


def test_reciprocal_rank_agrees_with_the_measure_of_the_same_name() -> None:
    names = ["a", "b", "c"]
    for at in range(3):
        found = metrics(["post"] * 2, world([[3, 2, 1]] * 2, [[at]] * 2))
        assert found["post MRR: words alone"] == pytest.approx(reciprocal_rank(names, {names[at]: 1.0}))
