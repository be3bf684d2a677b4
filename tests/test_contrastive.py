"""Training the static encoder: texts that belong together end up near each other, and one seed gives one result."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
import torch

from features.static_encoder import StaticEncoder, Vectors
from features.text import Tokeniser
from features.vocabulary import build_vocabulary
from kolmatch.settings import EncoderSettings
from training.contrastive import _membership, _Sums, train_vectors
from training.pairs import Corpus, Spans
from training.static_training import folded

TOPICS = (
    ("dịch", "vụ", "công", "trực", "tuyến", "hồ", "sơ", "thủ", "tục", "căn", "cước", "giấy", "tờ", "nộp"),
    ("món", "ngon", "đường", "phố", "ẩm", "thực", "bún", "chả", "quán", "nhà", "hàng", "nấu"),
)
OFFICE, FOOD = 0, 1
N_POSTS, N_CREATORS = 160, 16
SETTINGS = EncoderSettings(dimension=16, epochs=5, batch_size=32, learning_rate=0.05, min_count=1)


def captions() -> tuple[list[str], npt.NDArray[np.int64]]:
    """Posts of two topics that share no word; a creator keeps to one topic, the even ones to the office."""
    rng = np.random.default_rng(3)
    owners = np.arange(N_POSTS, dtype=np.int64) % N_CREATORS
    return [" ".join(rng.choice(TOPICS[owner % 2], size=5, replace=False)) for owner in owners.tolist()], owners


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def trained(seed: int = 1, settings: EncoderSettings = SETTINGS, n_posts: int = N_POSTS) -> StaticEncoder:
    texts, owners = captions()
    texts, owners = texts[:n_posts], owners[:n_posts]
    batch = Tokeniser().batch(texts)
    vocabulary = build_vocabulary(batch, min_count=1, min_pair_count=None)
    bags = vocabulary.rows(batch.ids, batch.offsets, batch.vocabulary, 256)
    said, nothing = Spans.whole(bags), Spans(bags.rows, bags.offsets[:-1], bags.offsets[:-1])
    none = np.empty(0, dtype=np.int64)
    corpus = Corpus(said, nothing, said, nothing, owners, none, none)
    idf = np.ones(len(vocabulary), dtype=np.float32)
    rng = np.random.default_rng(seed)
    rows: Vectors = train_vectors(corpus, idf, vocabulary.first_plain, settings, rng, lambda done, total: None)
    return StaticEncoder(Tokeniser(), *folded(vocabulary, batch.vocabulary, rows), 256)


@cache
def taught() -> StaticEncoder:
    """One training that several tests look at."""
    return trained()


def nearness(encoder: StaticEncoder) -> tuple[float, float]:
    """Mean inner product of posts of one topic and of posts of different topics."""
    texts, owners = captions()
    vectors = encoder.encode_posts(texts)
    alike = vectors @ vectors.T
    same = owners[:, None] % 2 == owners[None, :] % 2
    np.fill_diagonal(alike, np.nan)
    return float(np.nanmean(alike[same])), float(np.nanmean(alike[~same]))


def test_posts_of_one_topic_end_near_each_other_and_far_from_the_other_topic() -> None:
    within, between = nearness(taught())
    assert within > between + 0.5


def test_training_is_what_brings_them_together() -> None:
    untrained = trained(settings=SETTINGS.model_copy(update={"learning_rate": 1e-9}))
    assert np.subtract(*nearness(untrained)) < np.subtract(*nearness(taught())) / 2


def test_words_that_never_met_in_a_text_are_near_when_their_creators_use_both() -> None:
    encoder = taught()
    alike = encoder.encode_posts(["căn cước", "quán nhà hàng"]) @ encoder.encode_brief("thủ tục hồ sơ")
    assert alike[OFFICE] > alike[FOOD] + 0.3


def test_a_text_typed_without_diacritics_stays_with_its_topic() -> None:
    encoder = taught()
    accented = encoder.encode_posts([" ".join(words) for words in TOPICS])
    assert (accented @ encoder.encode_brief("thu tuc ho so giay to")).argmax() == OFFICE
    assert (accented @ encoder.encode_brief("bun cha quan nha hang")).argmax() == FOOD


def test_one_seed_gives_the_same_bits() -> None:
    assert trained(seed=4).vectors.tobytes() == trained(seed=4).vectors.tobytes()


@pytest.mark.usefixtures("two_threads")
def test_one_seed_gives_the_same_bits_on_two_threads_too() -> None:
    assert trained(seed=4).vectors.tobytes() == trained(seed=4).vectors.tobytes()


def test_another_seed_gives_other_vectors() -> None:
    assert trained(seed=4).vectors.tobytes() != trained(seed=5).vectors.tobytes()


def test_too_few_pairs_teach_nothing_but_break_nothing() -> None:
    encoder = trained(n_posts=4)
    assert np.isfinite(encoder.vectors).all()
    assert encoder.encode_brief("hồ sơ").any()


def test_without_any_feature_there_are_no_rows() -> None:
    texts = Spans(np.empty(0, np.int64), np.zeros(3, np.int64), np.zeros(3, np.int64))
    none = np.empty(0, dtype=np.int64)
    corpus = Corpus(texts, texts, texts, texts, np.arange(3, dtype=np.int64), none, none)
    idf = np.empty(0, dtype=np.float32)
    vectors = train_vectors(corpus, idf, 0, SETTINGS, np.random.default_rng(0), lambda done, total: None)
    assert vectors.shape == (0, SETTINGS.dimension)


def trained_and_seen(settings: EncoderSettings) -> tuple[Vectors, list[tuple[int, int]]]:
    """Rows trained on the captions alone, and the progress that was told."""
    seen: list[tuple[int, int]] = []
    texts, owners = captions()
    batch = Tokeniser().batch(texts)
    vocabulary = build_vocabulary(batch, min_count=1, min_pair_count=None)
    said = Spans.whole(vocabulary.rows(batch.ids, batch.offsets, batch.vocabulary, 256))
    nothing = Spans(said.rows, said.starts, said.starts)
    none = np.empty(0, dtype=np.int64)
    corpus = Corpus(said, nothing, said, nothing, owners, none, none)
    idf = np.ones(len(vocabulary), dtype=np.float32)
    rows = train_vectors(
        corpus, idf, 0, settings, np.random.default_rng(0), lambda done, total: seen.append((done, total))
    )
    return rows, seen


def test_progress_counts_up_to_the_number_it_promised() -> None:
    _, seen = trained_and_seen(SETTINGS.model_copy(update={"epochs": 3}))
    done, totals = zip(*seen, strict=True)
    assert list(done) == sorted(done)
    assert len(set(totals)) == 1
    assert max(done) <= totals[0]


def test_there_are_no_more_steps_than_the_most_however_many_passes() -> None:
    bounded, seen = trained_and_seen(SETTINGS.model_copy(update={"epochs": 3, "max_steps": 7}))
    assert seen == [(done, 7) for done in range(1, 8)]
    assert bounded.tobytes() != trained_and_seen(SETTINGS.model_copy(update={"epochs": 3}))[0].tobytes()


def test_sums_of_rows_and_their_gradient_are_those_of_an_embedding_bag() -> None:
    rng = np.random.default_rng(2)
    rows = torch.from_numpy(rng.standard_normal((9, 4), dtype=np.float32)).requires_grad_()
    bags = [(np.array([3, 3, 8]), np.array([0, 2, 2, 3])), (np.array([0, 8]), np.array([0, 2]))]
    bag = torch.nn.EmbeddingBag.from_pretrained(rows.detach().clone(), freeze=False, mode="sum")
    upstream = torch.from_numpy(rng.standard_normal((4, 4), dtype=np.float32))
    sums: torch.Tensor = _Sums.apply(rows, _membership(bags, 9))  # type: ignore[no-untyped-call]
    sums.backward(upstream)  # type: ignore[no-untyped-call]
    expected = bag(torch.tensor([3, 3, 8, 0, 8]), torch.tensor([0, 2, 2, 3]))
    expected.backward(upstream)
    assert rows.grad is not None
    assert bag.weight.grad is not None
    torch.testing.assert_close(sums, expected)
    torch.testing.assert_close(rows.grad, bag.weight.grad)
