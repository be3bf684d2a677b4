"""Measures against values worked out by hand, and the properties that hold for every ranking."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolmatch.errors import UsageError
from training import measures
from training.measures import measure, paired_bootstrap, ranking_of

IDS = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=10)
GRADES = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 3).map(float), min_size=1, max_size=6)

HAND_CHECKED = [
    ("MRR", "abc", {"a": 1.0}, 1.0),
    ("MRR", "xya", {"a": 1.0}, 1 / 3),
    ("MRR", "xab", {"a": 1.0, "b": 1.0}, 1 / 2),
    ("MRR", "xyz", {"a": 1.0}, 0.0),
    ("MAP", "axb", {"a": 1.0, "b": 1.0}, (1 + 2 / 3) / 2),
    ("MAP", "ab", {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}, 1 / 2),
    ("R@2", "axb", {"a": 1.0, "b": 1.0}, 1 / 2),
    ("R@3", "axb", {"a": 1.0, "b": 1.0}, 1.0),
    ("R@10", "", {"a": 1.0}, 0.0),
    ("nDCG@10", "ab", {"a": 1.0, "b": 1.0}, 1.0),
    ("nDCG@10", "xa", {"a": 1.0}, 1 / math.log2(3)),
    ("nDCG@1", "ba", {"a": 3.0, "b": 1.0}, 1 / 3),
    ("nDCG@2", "ba", {"a": 3.0, "b": 1.0}, (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))),
    ("nDCG@1", "a", {"a": 1.0, "b": 1.0, "c": 1.0}, 1.0),
]


@pytest.mark.parametrize(("name", "ranking", "grades", "expected"), HAND_CHECKED)
def test_a_measure_has_the_value_worked_out_by_hand(
    name: str, ranking: str, grades: dict[str, float], expected: float
) -> None:
    assert measure(name)(list(ranking), grades) == pytest.approx(expected)


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(measures)
    assert result.attempted >= 6
    assert result.failed == 0


@pytest.mark.parametrize("name", ["ndcg@10", "R@0", "R", "recall@5", ""])
def test_a_name_that_is_no_measure_is_refused_with_the_name(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        measure(name)
    assert repr(name) in refused.value.en
    assert "nDCG@10" in refused.value.vi


@given(IDS, GRADES, st.sampled_from(["MRR", "MAP", "R@3", "nDCG@3", "nDCG@10"]))
def test_every_value_lies_between_nothing_and_all(ranking: list[str], grades: dict[str, float], name: str) -> None:
    assert 0.0 <= measure(name)(ranking, grades) <= 1.0 + 1e-12


@given(GRADES, st.sampled_from(["MRR", "MAP", "R@10", "nDCG@3", "nDCG@10"]))
def test_the_best_order_reaches_one(grades: dict[str, float], name: str) -> None:
    best = sorted(grades, key=lambda item: -grades[item])
    assert measure(name)(best, grades) == pytest.approx(1.0)


@given(IDS.filter(lambda ids: len(ids) > 1), GRADES, st.data())
def test_moving_a_better_one_up_never_lowers_ndcg(
    ranking: list[str], grades: dict[str, float], data: st.DataObject
) -> None:
    upper = data.draw(st.integers(0, len(ranking) - 2))
    better = list(ranking)
    if grades.get(ranking[upper + 1], 0) > grades.get(ranking[upper], 0):
        better[upper : upper + 2] = [ranking[upper + 1], ranking[upper]]
    assert measure("nDCG@5")(better, grades) >= measure("nDCG@5")(ranking, grades)


@given(st.permutations(list(zip("abcdef", [3.0, 1.0, 1.0, 2.0, 1.0, 3.0], strict=True))))
def test_equal_scores_stand_by_id_whatever_the_order_they_came_in(pairs: list[tuple[str, float]]) -> None:
    ids = [item for item, _ in pairs]
    assert ranking_of(ids, np.array([score for _, score in pairs])) == ["a", "f", "d", "b", "c", "e"]


def test_ids_and_scores_of_different_length_are_refused_with_both_numbers() -> None:
    with pytest.raises(UsageError, match=r"2 ids and 3 scores"):
        ranking_of(["a", "b"], np.zeros(3))


def test_a_constant_difference_has_an_interval_of_no_width() -> None:
    a, b = np.linspace(0.5, 0.9, 40), np.linspace(0.3, 0.7, 40)
    found = paired_bootstrap(a, b, np.random.default_rng(1))
    assert (found.mean, found.low, found.high) == pytest.approx((0.2, 0.2, 0.2))


def test_the_interval_is_as_wide_as_the_standard_error_says() -> None:
    rng = np.random.default_rng(2)
    a = rng.normal(0.1, 1.0, 400)
    found = paired_bootstrap(a, np.zeros(400), rng, n=4000)
    half_width = 1.96 * a.std() / np.sqrt(len(a))
    assert found.high - found.low == pytest.approx(2 * half_width, rel=0.1)
    assert found.low < found.mean < found.high


def test_the_same_seed_gives_the_same_interval() -> None:
    a, b = np.random.default_rng(3).random((2, 50))
    assert paired_bootstrap(a, b, np.random.default_rng(4)) == paired_bootstrap(a, b, np.random.default_rng(4))


@pytest.mark.parametrize(("first", "second"), [(3, 2), (0, 0)])
def test_values_that_cannot_be_paired_are_refused_with_both_numbers(first: int, second: int) -> None:
    with pytest.raises(UsageError, match=rf"{first} values of a and {second} values of b"):
        paired_bootstrap(np.zeros(first), np.zeros(second), np.random.default_rng(0))
