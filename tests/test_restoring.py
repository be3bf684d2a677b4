"""Words typed without diacritics, read as they were meant: small languages with a known answer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.text import strip_diacritics
from models.creator_index import CreatorIndex
from models.restoring import Restorer
from tests.tiny_index import MAX_TERMS, WordEncoder, index_of

POSTS = [
    "nộp hồ sơ dịch vụ công trực tuyến ở thành phố",
    "dịch vụ công rất tiện, khỏi ra phường",
    "mùa dịch này nhớ đeo khẩu trang",
    "con cá này ngon, nhớ ăn cả cơm",
    "thăm nhà ở quê",
    "tham gia cuộc thi tìm hiểu dịch vụ công",
]
INDEX_OF = [(owner, text, 0.0) for owner in range(3) for text in POSTS]


@pytest.fixture(scope="module")
def index() -> CreatorIndex:
    return index_of(INDEX_OF, n_creators=3)


def read(index: CreatorIndex, text: str) -> str:
    return " ".join(index.restorer.restored(text.split()))


@pytest.mark.parametrize("text", [text.replace(",", "") for text in POSTS])
def test_what_creators_write_is_read_back_from_its_plain_form(index: CreatorIndex, text: str) -> None:
    assert read(index, strip_diacritics(text)) == text


def test_a_word_is_read_by_its_neighbours(index: CreatorIndex) -> None:
    assert read(index, "tham gia cuoc thi") == "tham gia cuộc thi"
    assert read(index, "tham nha") == "thăm nhà"


def test_a_word_that_lost_its_marks_among_others_is_read_too(index: CreatorIndex) -> None:
    assert read(index, "dịch vu công truc tuyến") == "dịch vụ công trực tuyến"


@pytest.mark.parametrize("text", ["", "zzz qqq", "this is english", "dịch vụ công", "🎉 123"])
def test_what_is_not_known_or_typed_well_stays(index: CreatorIndex, text: str) -> None:
    assert read(index, text) == text


def test_where_readings_are_alike_nothing_is_guessed() -> None:
    rows = [(owner, text, 0.0) for owner in range(2) for text in ("ăn cá ngon", "ăn cà ngon")]
    assert read(index_of(rows, 2), "an ca ngon") == "ăn ca ngon"


def test_what_one_creator_alone_writes_tells_nothing() -> None:
    rows = [(0, "bí mật riêng tư", 0.0)] * 5 + [(1, "chuyện khác hẳn", 0.0)]
    found = index_of(rows, 2)
    assert len(found.restorer.beside.keys) == 0
    assert read(found, "bi mat rieng tu") == "bi mat rieng tu"


def test_hashtags_typed_plain_do_not_teach_that_words_are_bare() -> None:
    tags = " ".join(["#dichvucong #thutuc #tructuyen"] * 3)
    rows = [(owner, f"{text} {tags}", 0.0) for owner in range(3) for text in POSTS]
    assert read(index_of(rows, 3), "dich vu cong") == "dịch vụ công"


def test_a_brief_typed_plain_finds_what_the_same_typed_well_finds(index: CreatorIndex) -> None:
    well = index.query("mùa dịch này", WordEncoder(), MAX_TERMS)
    plain = index.query("mua dich nay", WordEncoder(), MAX_TERMS)
    assert plain.plain
    assert plain.words == well.words
    np.testing.assert_array_equal(plain.vector, well.vector)
    assert {channel: list(rows) for channel, rows in plain.terms.rows.items()} == {
        channel: list(rows) for channel, rows in well.terms.rows.items()
    }


def test_words_of_a_hashtag_stay_bare_as_posts_have_them(index: CreatorIndex) -> None:
    assert index.query("nop ho so #dichvucong", WordEncoder(), MAX_TERMS).words == (
        "nộp",
        "hồ",
        "sơ",
        "dich",
        "vu",
        "cong",
    )


WORDS = st.sampled_from([*{word for text in POSTS for word in text.split()}, "ca", "dich", "zzz", "", "1"])


@given(st.lists(WORDS, max_size=30))
def test_reading_changes_marks_alone(words: list[str]) -> None:
    restorer: Restorer = index_of(INDEX_OF, n_creators=3).restorer
    found = restorer.restored(words)
    assert [strip_diacritics(word) for word in found] == [strip_diacritics(word) for word in words]
    assert all(after == before for before, after in zip(words, found, strict=True) if not before.isascii())


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_chances_are_those_of_all_readings_counted_one_by_one(words: list[str]) -> None:
    """The forward and backward pass against the sum over every reading of the chain."""
    restorer = index_of(INDEX_OF, n_creators=3).restorer
    rows = [[row, row + 1] for word in words if (row := restorer.vocabulary.word_rows.get(word, -1)) >= 0][:5]
    chain = [
        np.empty(0, np.int64),
        *(np.array(pair, np.int64) % len(restorer.shares) for pair in rows),
        np.empty(0, np.int64),
    ]
    steps = [restorer._steps(one, two) for one, two in pairwise(chain)]
    readings = {
        path: float(np.prod([step[a, b] for step, (a, b) in zip(steps, pairwise((0, *path, 0)), strict=True)]))
        for path in np.ndindex(*(2 for _ in rows))
    }
    for place, (_, chances) in enumerate(restorer._chances(chain)):
        sums = [sum(chance for path, chance in readings.items() if path[place] == at) for at in (0, 1)]
        np.testing.assert_allclose(chances, np.array(sums) / sum(sums), atol=1e-9)
