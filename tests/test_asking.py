"""Which words of an asked text tell the answer, learned from pairs."""

from __future__ import annotations

import numpy as np
import pytest

from features.text import Tokeniser
from models.terms import Taught
from tests.tiny_index import MAX_TERMS
from training.asking import learn_shares

TOPICS = [f"{a}{b}" for a in ("bánh", "kẹo", "sách", "nhạc", "phim") for b in "bcdghklmnp"]
N_PAIRS = 240


def pairs(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """A question names its topic and a place; its answer has the topic, but some other place."""
    rng = np.random.default_rng(seed)
    places = ["chợ", "trường", "phường", "xóm"]
    found = []
    for number in range(count):
        asked, answered = rng.permutation(places)[:2]
        topic = TOPICS[int(rng.integers(len(TOPICS)))]
        found.append((f"hỏi {topic} ở {asked} lần{number}", f"đáp {topic} tại {answered} số{number}"))
    return found


def learn(some: list[tuple[str, str]], seed: int = 0) -> Taught:
    return learn_shares(some, Tokeniser(), MAX_TERMS, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def learned() -> Taught:
    return learn(pairs(N_PAIRS))


def test_a_word_that_misleads_counts_less_than_one_that_tells(learned: Taught) -> None:
    topics = [share for (kind, word), share in singles(learned).items() if kind == "words" and word != "chợ"]
    assert learned.shares["words", "chợ"] < 0.3
    assert np.median(topics) > 0.6


def singles(taught: Taught) -> dict[tuple[str, str], float]:
    return {(term[0], term[1]): share for term, share in taught.shares.items() if len(term) == 2}


def test_no_share_is_negative(learned: Taught) -> None:
    assert all(share >= 0.0 for share in (*learned.shares.values(), *learned.kin.values()))


def test_one_seed_learns_the_same() -> None:
    assert learn(pairs(N_PAIRS), seed=3) == learn(pairs(N_PAIRS), seed=3)


def test_few_pairs_and_pairs_with_an_empty_side_teach_nothing() -> None:
    assert learn(pairs(100)) == Taught()
    assert learn([("", answer) for _, answer in pairs(N_PAIRS)]) == Taught()
    assert learn([pairs(1)[0]] * N_PAIRS) == Taught()


def test_a_word_that_answers_another_again_and_again_stands_for_it() -> None:
    rng = np.random.default_rng(1)
    some = [(f"làm test ở chợ lần{n}", f"nên thử pcr tại xóm số{n}") for n in range(60)]
    others = [(f"hỏi {a} lần{n}", f"đáp {a} số{n}") for n, a in enumerate(rng.choice(TOPICS, 240).tolist())]
    others += [(f"hỏi {a} ở đâu", f"đáp {a}, không phải test") for a in TOPICS]
    taught = learn([*some, *others])
    assert taught.kin.get((("words", "test"), ("words", "pcr")), 0.0) > 0.0
