"""The questions that a catalogue asks itself, and the weights that their answers teach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.static_encoder import StaticEncoder
from features.text import Tokeniser
from models.creator_index import SIGNALS, WRITTEN_SIGNALS, CreatorIndex, build_index
from models.weights import PARTS, Choices, Weights, default_weights, fit_weights
from training import held_out
from training.held_out import LEAST_KNOWN_POSTS, Question, choices, who_joined, whose_post

Rows = npt.NDArray[np.int64]
WORDS = SIGNALS.index("words_posts")
NOISE = SIGNALS.index("pairs_posts")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- questions ---------------------------------------------------------------------------------------------------

CAPTIONS = ["nộp hồ sơ tại nhà", "quá hay", "ăn bún chả Hà Nội", "đi chợ với mẹ"]
OWNERS = np.array([4, 4, 2, 0], dtype=np.int64)


def test_a_later_caption_asks_for_its_creator_and_a_short_one_asks_nothing() -> None:
    found = whose_post(CAPTIONS, OWNERS, 10, rng())
    assert found == [Question("post", CAPTIONS[i], (int(OWNERS[i]),)) for i in (0, 2, 3)]


def test_no_more_questions_are_asked_than_wanted_and_one_seed_asks_the_same() -> None:
    assert len(whose_post(CAPTIONS, OWNERS, 2, rng(1))) == 2
    assert whose_post(CAPTIONS, OWNERS, 2, rng(1)) == whose_post(CAPTIONS, OWNERS, 2, rng(1))
    assert len({tuple(whose_post(CAPTIONS, OWNERS, 1, rng(seed))) for seed in range(20)}) == 3


def joined(
    tags: Sequence[Sequence[str]], owners: Sequence[int], captions: Sequence[str] | None = None
) -> list[Question]:
    said = captions or ["một hai ba bốn"] * len(tags)
    return who_joined(said, tags, np.array(owners, dtype=np.int64), 10, rng())


def test_a_hashtag_asks_for_all_who_joined_it() -> None:
    found = joined([["hcm"], ["hcm"], ["hcm"], ["hcm"]], [5, 1, 3, 1])
    assert found[0] == Question("tag", "#hcm", (1, 3, 5))


def test_a_caption_under_a_hashtag_asks_for_the_others_and_bars_its_author() -> None:
    captions = ["ngắn", "một hai ba bốn", "ngắn"]
    assert joined([["hcm"]] * 3, [5, 1, 3], captions)[1] == Question("topic", "một hai ba bốn", (3, 5), (1,))


def test_a_hashtag_without_a_caption_long_enough_asks_only_by_itself() -> None:
    assert [question.kind for question in joined([["hcm"]] * 3, [5, 1, 3], ["ngắn"] * 3)] == ["tag"]


@pytest.mark.parametrize("creators", [2, 41])
def test_a_hashtag_of_a_few_or_of_everybody_asks_nothing(creators: int) -> None:
    assert joined([["hcm"]] * creators, range(creators)) == []


@pytest.mark.parametrize("creators", [3, 40])
def test_a_hashtag_in_between_does(creators: int) -> None:
    assert len(joined([["hcm"]] * creators, range(creators))[0].right) == creators


# --- candidates --------------------------------------------------------------------------------------------------

TOPICS = ("dịch vụ công trực tuyến", "món ngon đường phố", "phim hay cuối tuần", "bóng đá chiều nay")


def small_index(n_creators: int = 8) -> tuple[CreatorIndex, StaticEncoder]:
    """Three posts of each creator; creator i speaks of topic i modulo 4."""
    owners = np.repeat(np.arange(n_creators, dtype=np.int64), LEAST_KNOWN_POSTS)
    texts = [TOPICS[owner % len(TOPICS)] for owner in owners.tolist()]
    tokeniser = Tokeniser()
    batch = tokeniser.batch(texts)
    vectors = rng().standard_normal((len(batch.vocabulary) + 1, 8), dtype=np.float32)
    vectors[0] = 0
    encoder = StaticEncoder(tokeniser, tuple(batch.vocabulary), vectors, 256)
    ages = np.zeros(len(texts))
    return build_index(batch, texts, encoder.encode_words(batch), owners, ages, n_creators, tokeniser), encoder


def asked(n_creators: int, questions: Sequence[Question], *, typed_plain: bool = False) -> Choices:
    index, encoder = small_index(n_creators)
    return choices(
        index, encoder, questions, typed_plain=typed_plain, max_terms=64, rng=rng(), progress=lambda done, total: None
    )


def test_in_a_small_catalogue_every_creator_is_a_candidate_and_stands_for_itself() -> None:
    found = asked(8, [Question("post", TOPICS[0], (4,))])
    assert found.signals.shape == (1, 8, len(SIGNALS))
    assert found.right.tolist() == [[0, 0, 0, 0, 1, 0, 0, 0]]
    assert found.stands_for.tolist() == [[0.0] * 8]
    assert set(np.flatnonzero(found.signals[0, :, WORDS]).tolist()) == {0, 4}


def test_several_right_creators_share_one_answer() -> None:
    assert asked(8, [Question("tag", "#phim", (0, 2, 6))]).right.sum() == pytest.approx(1.0)


def test_who_is_barred_is_never_to_be_chosen() -> None:
    found = asked(8, [Question("topic", TOPICS[0], (4,), (0,))])
    assert found.stands_for[0].tolist() == [-np.inf] + [0.0] * 7


def test_typed_without_diacritics_the_signals_of_written_words_are_silent() -> None:
    found = asked(8, [Question("post", TOPICS[0], (0,))], typed_plain=True)
    named = dict(zip(SIGNALS, found.signals[0, 0], strict=True))
    assert named["words_posts"] == 0
    assert named["plain_posts"] > 0
    assert named["pairs_posts"] > 0


def test_every_kind_of_question_counts_the_same_in_all() -> None:
    questions = [Question("post", TOPICS[0], (0,))] * 3 + [Question("tag", TOPICS[1], (1,))]
    shares = asked(8, questions).shares
    assert shares.sum() == pytest.approx(4)
    assert shares[:3].sum() == pytest.approx(shares[3:].sum())


def test_in_a_large_catalogue_those_drawn_stand_for_those_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_out, "_HARD_CANDIDATES", 4)
    monkeypatch.setattr(held_out, "_DRAWN_CANDIDATES", 6)
    monkeypatch.setattr(held_out, "_MOST_JOINERS", 2)
    n_creators = 100
    found = asked(n_creators, [Question("topic", TOPICS[0], (1, 2), (0,))] * 5)
    certain = np.isfinite(found.stands_for) & (found.stands_for == 0)
    drawn = np.isfinite(found.stands_for) & (found.stands_for > 0)
    assert found.right.sum(axis=1).tolist() == pytest.approx([1.0] * 5)
    assert not (found.right > 0)[~certain].any()
    assert (drawn.sum(axis=1) <= 6).all()
    # All together stand for every creator but the one who is barred.
    stood_for = np.exp(np.where(np.isfinite(found.stands_for), found.stands_for, -np.inf)).sum(axis=1)
    np.testing.assert_allclose(stood_for, n_creators - 1, rtol=1e-5)


def test_progress_counts_the_questions() -> None:
    index, encoder = small_index()
    seen: list[tuple[int, int]] = []
    questions = [Question("post", TOPICS[0], (0,))] * 3
    choices(
        index,
        encoder,
        questions,
        typed_plain=False,
        max_terms=64,
        rng=rng(),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


# --- weights -----------------------------------------------------------------------------------------------------


def planted(truth: dict[int, float], n_queries: int = 2000, n_candidates: int = 12, seed: int = 0) -> Choices:
    """Choices made by a conditional logit whose weights are known; signals not named do not matter."""
    source = rng(seed)
    signals = source.standard_normal((n_queries, n_candidates, len(SIGNALS))).astype(np.float32)
    scores = sum((weight * signals[:, :, at] for at, weight in truth.items()), np.zeros(signals.shape[:2]))
    chosen = (scores + source.gumbel(size=scores.shape)).argmax(axis=1)
    right = np.eye(n_candidates, dtype=np.float32)[chosen]
    return Choices(signals, right, np.zeros_like(right), np.ones(n_queries, dtype=np.float32))


def some(found: Choices, keep: int) -> Choices:
    return Choices(found.signals[:keep], found.right[:keep], found.stands_for[:keep], found.shares[:keep])


def test_the_fit_finds_the_weights_that_the_choices_were_made_with() -> None:
    found = planted({WORDS: 1.5}, n_queries=20_000)
    fitted = fit_weights(found, found).written
    assert fitted[WORDS] == pytest.approx(1.5, abs=0.15)
    assert np.delete(fitted, WORDS).max() < 0.1


def test_a_signal_that_speaks_against_gets_no_weight_rather_than_a_negative_one() -> None:
    found = planted({WORDS: 1.0, NOISE: -1.0})
    fitted = fit_weights(found, found)
    assert fitted.written[NOISE] == 0
    assert fitted.plain[NOISE] == 0


@settings(max_examples=10)
@given(st.integers(0, 1000), st.floats(-2, 2), st.floats(-2, 2))
def test_no_weight_is_ever_negative(seed: int, words: float, noise: float) -> None:
    found = planted({WORDS: words, NOISE: noise}, n_queries=60, seed=seed)
    fitted = fit_weights(found, found)
    assert (fitted.written >= 0).all()
    assert (fitted.plain >= 0).all()
    assert np.isfinite(fitted.written).all()


def test_a_brief_without_diacritics_gives_no_weight_to_written_words() -> None:
    found = planted({WORDS: 1.5}, n_queries=200)
    for weights in (fit_weights(found, found).plain, default_weights().plain):
        assert [weights[SIGNALS.index(name)] for name in WRITTEN_SIGNALS] == [0, 0]


def test_few_questions_leave_the_weights_near_the_defaults_and_many_move_them() -> None:
    found = planted({WORDS: 3.0}, n_queries=10_000)
    few, many = some(found, 3), found
    prior = default_weights().written
    assert np.abs(fit_weights(few, few).written - prior).max() < 0.15
    assert fit_weights(many, many).written[WORDS] > prior[WORDS] + 1.5


def test_candidates_drawn_from_many_give_the_weights_that_all_would_give() -> None:
    n_candidates, n_drawn = 201, 80
    everyone = planted({WORDS: 1.0}, 600, n_candidates)
    source = rng(9)
    order = np.argsort(-everyone.right, axis=1, kind="stable")  # the one who is right first, then the others
    kept = np.stack([np.append(row[0], source.choice(row[1:], n_drawn, replace=False)) for row in order])
    stands_for = np.zeros(kept.shape, dtype=np.float32)
    stands_for[:, 1:] = np.log((n_candidates - 1) / n_drawn)
    sampled = Choices(
        np.take_along_axis(everyone.signals, kept[:, :, None], axis=1),
        np.take_along_axis(everyone.right, kept, axis=1),
        stands_for,
        everyone.shares,
    )
    exact, estimated = fit_weights(everyone, everyone).written, fit_weights(sampled, sampled).written
    np.testing.assert_allclose(estimated, exact, atol=0.12)


def test_a_candidate_who_is_barred_teaches_nothing() -> None:
    found = planted({WORDS: 1.0}, n_queries=300)
    barred = np.zeros_like(found.stands_for)
    unlucky = (found.right.argmax(axis=1) + 1) % found.right.shape[1]
    barred[np.arange(300), unlucky] = -np.inf
    loud = found.signals.copy()
    loud[np.arange(300), unlucky] = 9.0
    quiet = Choices(found.signals, found.right, barred, found.shares)
    shouted = Choices(loud, found.right, barred, found.shares)
    np.testing.assert_allclose(fit_weights(quiet, quiet).written, fit_weights(shouted, shouted).written, atol=1e-4)


def test_a_fit_is_the_same_each_time_and_whatever_the_order_of_the_questions() -> None:
    found = planted({WORDS: 1.0}, n_queries=200)
    turned = Choices(found.signals[::-1], found.right[::-1], found.stands_for[::-1], found.shares[::-1])
    np.testing.assert_array_equal(fit_weights(found, found).written, fit_weights(found, found).written)
    np.testing.assert_allclose(fit_weights(found, found).written, fit_weights(turned, turned).written, atol=1e-3)


def test_the_fit_changes_nothing_that_it_is_given() -> None:
    found = planted({WORDS: 1.0}, n_queries=50)
    for array in (found.signals, found.right, found.stands_for, found.shares):
        array.flags.writeable = False
    assert fit_weights(found, found).queries == 50


def test_weights_written_as_json_are_read_back() -> None:
    found = planted({WORDS: 1.0}, n_queries=50)
    fitted = fit_weights(found, found)
    again = Weights.from_dict(fitted.to_dict())
    np.testing.assert_array_equal(again.written, fitted.written)
    np.testing.assert_array_equal(again.of(True), fitted.of(True))
    assert again.queries == 50


def test_every_signal_belongs_to_one_part_of_the_score() -> None:
    assert sorted(name for names in PARTS.values() for name in names) == sorted(SIGNALS)
