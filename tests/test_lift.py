"""Topic lift: found where a topic moves views, nothing without evidence, unused where forecasts gain nothing by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import training.views_fit
from features.views import Viewings
from models.lift import TopicLift
from tests.test_views_fit import FEW_TREES
from tests.viewed_world import no_progress, nothing_read_again, post, simulated, viewings, words_of
from training.lift_fit import Liftable, fit_lift, without
from training.views_fit import fit_views

Rows = Sequence[Mapping[str, Any]]
LOVED, SHUNNED, PLAIN = "xin học bổng du học", "nộp phạt giao thông", "chuyện thường ngày của mình"
TOPICS: Final = {LOVED: 0.8, SHUNNED: -0.8, PLAIN: 0.0}
VECTORS: Final = {text: np.eye(4, dtype=np.float32)[row] for row, text in enumerate(TOPICS)}


def told(*, moved: float = 1.0, **given: Any) -> list[dict[str, Any]]:
    """Posts on three topics in turn; the first is seen more, the second less, by everybody."""
    rng = np.random.default_rng(11)
    rows = []
    for row in simulated(rng, **({"creators": 30, "posts": 30, "noise": 0.5} | given)):
        text = list(TOPICS)[int(rng.integers(3))]
        rows.append(row | {"text": text, "views": int(row["views"] * np.exp(moved * TOPICS[text]))})
    return rows


def liftable_of(rows: Rows, seen: Viewings, away: npt.NDArray[np.float64]) -> Liftable:
    vectors = np.stack([VECTORS.get(row["text"], np.zeros(4, dtype=np.float32)) for row in rows])
    return words_of(rows, seen, vectors)(away)


def distances(rows: Rows, seen: Viewings) -> npt.NDArray[np.float64]:
    """How far each post was from the mean of its creator's."""
    total = np.bincount(seen.presence, weights=seen.log_views) / np.bincount(seen.presence)
    away: npt.NDArray[np.float64] = seen.log_views - total[seen.presence]
    return away


def lift_of(rows: Rows) -> TopicLift:
    seen = viewings(rows)
    return fit_lift(liftable_of(rows, seen, distances(rows, seen)), len(rows), np.random.default_rng(0))[0]


# --- what is found


def test_a_topic_that_everybody_sees_more_lifts_and_one_they_shun_lowers() -> None:
    lift = lift_of(told())
    loved, shunned, plain = (lift.of_words(text.split()) for text in (LOVED, SHUNNED, PLAIN))
    assert loved > 0.2
    assert shunned < -0.2
    assert plain == pytest.approx(0.0, abs=0.15)


def test_words_that_no_post_has_lift_nothing() -> None:
    lift = lift_of(told())
    assert lift.of_words(["zzqx", "vvkw"]) == 0.0
    assert lift.of_words([]) == 0.0
    assert lift.of_words([*LOVED.split(), "zzqx"]) == pytest.approx(lift.of_words(LOVED.split()), abs=0.05)


def test_diacritics_make_no_difference() -> None:
    lift = lift_of(told())
    assert lift.of_words(["xin", "hoc", "bong", "du", "hoc"]) == lift.of_words(LOVED.split())


def test_where_publics_differ_a_creators_own_posts_on_a_topic_tell() -> None:
    """Half of the publics love what the other half shuns: words alone say nothing, the creator's own posts do."""
    loves = np.arange(30) % 2 == 0
    rows = [
        row
        | {"views": int(row["views"] * np.exp((1 if loves[int(row["creator_id"][1:])] else -1) * TOPICS[row["text"]]))}
        for row in told(moved=0.0, posts=40)
    ]
    lift = lift_of(rows)
    owners = np.array([int(row["creator_id"][1:]) for row in rows])
    posts = np.array([n for n, row in enumerate(rows) if row["text"] == LOVED and owners[n] != 29])
    own, error = lift.of_own_posts(posts, np.ones(len(posts), dtype=np.float32), owners[posts], 30)
    assert lift.of_words(LOVED.split()) == pytest.approx(0.0, abs=0.15)
    assert (own[:29][loves[:29]] > 0.1).all()
    assert (own[:29][~loves[:29]] < -0.1).all()
    assert own[29] == 0.0  # whose posts are not among them
    assert error[29] > error[:29].max()


def test_more_evidence_makes_a_lift_surer_and_stronger() -> None:
    lift = TopicLift(
        np.empty(0, np.int64), np.empty(0, np.float32), np.full(10, 1.0, np.float32), 0.5, 1.0, 0.8, used=True
    )
    few, many = (lift.of_own_posts(np.arange(n), np.ones(n, np.float32), np.zeros(n, np.int64), 2) for n in (1, 10))
    assert 0.0 < few[0][0] < many[0][0] < 0.5
    assert few[1][0] > many[1][0] > 0.0
    assert few[0][1] == many[0][1] == 0.0  # the other creator has no such post


@given(st.lists(st.tuples(st.floats(-1, 1, width=32), st.floats(-3, 3, width=32)), max_size=8))
def test_a_lift_is_never_beyond_what_the_posts_did(posts: list[tuple[float, float]]) -> None:
    likeness, away = np.array(posts, dtype=np.float32).reshape(-1, 2).T
    lift = TopicLift(np.empty(0, np.int64), np.empty(0, np.float32), away, 1.0, 0.3, 0.8, used=True)
    own, error = lift.of_own_posts(np.arange(len(away)), likeness, np.zeros(len(away), np.int64), 1)
    assert abs(own[0]) <= np.abs(away).max(initial=0.0) + 1e-6
    assert np.isfinite(error[0])


def test_one_post_seen_by_millions_is_capped() -> None:
    rows = told()
    rows[7]["views"] = 10**15
    lift = lift_of(rows)
    assert np.nanmax(np.abs(lift.away)) <= 3.0
    assert lift.of_words(PLAIN.split()) == pytest.approx(0.0, abs=0.15)


# --- nothing to learn from


@pytest.mark.parametrize("text", ["", "🎉🎉", None])
def test_posts_without_words_teach_nothing(text: str | None) -> None:
    lift = lift_of([row | {"text": text or ""} for row in told()])
    assert not lift.used
    assert lift.of_words(LOVED.split()) == 0.0


def test_words_that_are_each_said_once_teach_nothing() -> None:
    assert not lift_of([row | {"text": f"từ{n}"} for n, row in enumerate(told())]).used


def test_few_posts_teach_nothing() -> None:
    lift = lift_of(told(creators=5, posts=10))
    assert not lift.used
    assert len(lift.away) == 50


def test_posts_outside_the_index_are_left_out_and_rows_are_kept() -> None:
    rows = [post("a", n, 10 + n, text=LOVED) for n in range(4)]
    seen = viewings(rows)
    indexed = [rows[2], rows[0]]
    words = words_of(indexed, seen, np.eye(2, dtype=np.float32))
    found = words(np.arange(4.0))
    assert found.index_rows.tolist() == [1, 0]
    assert found.viewing_rows.tolist() == [0, 2]
    assert found.away.tolist() == [0.0, 2.0]


# --- used only where it helps


@pytest.fixture
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.views_fit, "_TREES", FEW_TREES)
    monkeypatch.setattr(training.views_fit, "_BAGS", 1)


@pytest.mark.usefixtures("few_trees")
@pytest.mark.parametrize(("moved", "used"), [(1.0, True), (0.0, False)])
def test_it_is_used_if_later_posts_were_forecast_better_with_it(moved: float, used: bool) -> None:
    rows = told(moved=moved)
    seen = viewings(rows)
    forecast, metrics = fit_views(
        seen,
        nothing_read_again(),
        lambda away: liftable_of(rows, seen, away),
        len(rows),
        np.random.default_rng(0),
        no_progress,
    )
    assert forecast.lift.used is used
    assert (metrics["views: pinball with topic 50"] < 0.9 * metrics["views: pinball forecast 50"]) is used
    assert (forecast.lift.of_words(LOVED.split()) > 0.2) is used


def test_what_is_not_used_says_one_for_everybody_with_certainty() -> None:
    lift = without(lift_of(told()))
    own, error = lift.of_own_posts(np.arange(5), np.ones(5, np.float32), np.zeros(5, np.int64), 3)
    assert lift.of_words(LOVED.split()) == 0.0
    assert own.tolist() == error.tolist() == [0.0, 0.0, 0.0]


def test_a_lift_comes_back_from_its_arrays() -> None:
    lift = lift_of(told())
    again = TopicLift.from_arrays(lift.arrays())
    for name, array in lift.arrays().items():
        assert_array_equal(again.arrays()[name], array)
    assert_allclose(again.of_words(LOVED.split()), lift.of_words(LOVED.split()))
