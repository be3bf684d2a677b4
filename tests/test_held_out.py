"""The questions that a catalogue asks itself, and the weights that their answers teach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from features.static_encoder import StaticEncoder
from features.surface import read_surfaces
from features.text import Tokeniser
from models.creator_index import SIGNALS, CreatorIndex, IndexedPosts, build_index
from models.weights import Choices
from training import held_out
from training.held_out import LEAST_KNOWN_POSTS, Question, choices, read_questions, who_joined, whose_post

Rows = npt.NDArray[np.int64]
WORDS = SIGNALS.index("words_posts")


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
    none = np.empty(0, dtype=np.int64)
    vectors = encoder.encode_words(batch)
    posts = IndexedPosts(
        batch, read_surfaces(texts), vectors, owners, np.zeros(len(texts)), hashtags=(), tags=none, tagged=none
    )
    return build_index(posts, n_creators, tokeniser), encoder


def asked(n_creators: int, questions: Sequence[Question], *, typed_plain: bool = False) -> Choices:
    index, encoder = small_index(n_creators)
    read = read_questions(index, encoder, questions, typed_plain=typed_plain, max_terms=64)
    return choices(index, questions, read, typed_plain=typed_plain, rng=rng(), progress=lambda done, total: None)


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


def test_typed_without_diacritics_the_same_creators_are_found() -> None:
    question = Question("post", TOPICS[0], (0,))
    written, plain = asked(8, [question]), asked(8, [question], typed_plain=True)
    assert 0 < plain.signals[0, 0, WORDS] <= written.signals[0, 0, WORDS]  # a word counts once, either way
    assert plain.log_words == written.log_words == pytest.approx(np.log(5))


def test_only_a_post_is_by_the_one_who_is_right() -> None:
    questions = [
        Question("post", TOPICS[0], (0,)),
        Question("tag", "#phim", (0, 2)),
        Question("topic", TOPICS[0], (4,), (0,)),
    ]
    assert asked(8, questions).by_author.tolist() == [True, False, False]


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
    read = read_questions(index, encoder, questions, typed_plain=False, max_terms=64)
    choices(
        index, questions, read, typed_plain=False, rng=rng(), progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_what_was_read_is_answered_alike_however_fast_posts_fade() -> None:
    index, encoder = small_index()
    questions = [Question("post", TOPICS[0], (0,)), Question("tag", "#phim", (0, 2))]
    ages = np.arange(len(index.owners), dtype=np.float64)
    fading = index.fading(ages, 5.0)
    once = list(read_questions(index, encoder, questions, typed_plain=False, max_terms=64))
    again = read_questions(fading, encoder, questions, typed_plain=False, max_terms=64)
    found, expected = (
        choices(fading, questions, read, typed_plain=False, rng=rng(), progress=lambda done, total: None)
        for read in (once, again)
    )
    assert found.signals.tobytes() == expected.signals.tobytes()
