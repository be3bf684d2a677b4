"""Vietnamese text: what one word is, and that one text and many are read by the same rules."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features import reading, recall
from features.diacritics import is_syllable, place_tone, plain_syllables
from features.teencode import MEANINGS
from features.text import TokenBatch, Tokeniser, normalise, strip_diacritics

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
MIXED = st.one_of(
    st.text(),
    st.text(alphabet=VIETNAMESE + VIETNAMESE.upper() + " .,#@_/0123456789jwzf\u0300\u0301\u0323\u200b\u200d😀"),
    st.lists(
        st.sampled_from([*MEANINGS, "#tphcm", "#ReviewAnNgon", "https://a.vn/x", "@ai", "hoà", "Đẹppp", "\x1c"])
    ).map(" ".join),
)


def rows(batch: TokenBatch) -> list[list[str]]:
    """The words of each text of a batch."""
    names = [batch.vocabulary[i] for i in batch.ids]
    return [names[a:b] for a, b in zip(batch.offsets[:-1], batch.offsets[1:], strict=True)]


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("Đăng ký KHAI SINH, trực tuyến!", "đăng ký khai sinh trực tuyến"),
        (unicodedata.normalize("NFD", "Tiếng Việt"), "tiếng việt"),
        ("hoà thuý khoẻ uỷ ban", "hòa thúy khỏe ủy ban"),
        ("hòan tòan cuả muà", "hoàn toàn của mùa"),
        ("qúy gìa quá", "quý già quá"),
        ("kĩ thuật, lí do, qui định", "kỹ thuật lý do quy định"),
        ("đẹppppp quáaaa ơiii ngonnnn", "đẹp quá ơi ngon"),
        ("kkkkk zzz aaa", "kkk zzz a"),
        ("cứu hưu lưu", "cứu hưu lưu"),
        ("ko bik j, mn ơi", "không biết gì mọi người ơi"),
        ("cccd và bhyt ở TPHCM", "căn cước công dân và bảo hiểm y tế ở thành phố hồ chí minh"),
        ("vneid", "vneid"),
        ("vitamin e nhóm a", "vitamin e nhóm a"),
        ("xem https://dvc.vn/a?b=1 nhé", "xem nhé"),
        ("xem www.abc.com và bit.ly/3x nhé", "xem và nhé"),
        ("viết tới ai.do@tp.gov.vn nhé", "viết tới nhé"),
        ("cảm ơn @nguoi.dung_1!", "cảm ơn"),
        ("dichvucong.gov.vn", "dichvucong gov việt nam"),
        ("ngon 😀👍🏽 quá ❤️ 1️⃣", "ngon quá 1"),
        ("𝐓𝐡𝐨̂𝐧𝐠 𝒃𝒂́𝒐 ＡＢＣ", "thông báo abc"),
        ("giá 139k, 30/4", "giá 139k 30 4"),
        ("learn English cùng mình", "learn english cùng mình"),
        ("中文 ภาษาไทย हिन्दी", "中文 ภาษาไทย हिन्दी"),
        ("một\u00a0hai\u200bba bốn\u200dnăm", "một hai ba bốnnăm"),
        ("#ReviewAnNgon#xuhuong,", "review an ngon xu huong"),
        ("a" * 300, "a"),
        ("1" * 300, "1" * 64),
        ("", ""),
        ("  \n\t ", ""),
    ],
)
def test_normalise(typed: str, canonical: str) -> None:
    assert normalise(typed) == canonical


@pytest.mark.parametrize(
    ("typed", "placed"),
    [
        ("hoà", "hòa"),
        ("hòan", "hoàn"),
        ("khuỷu", "khuỷu"),
        ("ngừơi", "người"),
        ("thuở", "thuở"),
        ("gìn", "gìn"),
        ("tíên", "tiến"),
        ("café", "café"),
        ("tự", "tự"),
        ("áá", "áá"),
    ],
)
def test_the_tone_moves_only_inside_a_syllable_that_exists(typed: str, placed: str) -> None:
    assert place_tone(typed) == placed


def test_syllables_are_a_closed_set() -> None:
    every = plain_syllables()
    assert {"dich", "vu", "nghiem", "gi", "gieng", "quyen", "uy", "yeu", "khuya", "o", "y", "quoc"} <= every
    assert every.isdisjoint({"like", "food", "cinh", "kac", "ngi", "quuc", "f"})
    assert 2_000 < len(every) < 3_000
    assert is_syllable("nghiệm")
    assert not is_syllable("nghiệmm")


@given(st.text(alphabet=VIETNAMESE + VIETNAMESE.upper() + " #ñçéüÅйñ가が", max_size=40))
def test_stripping_keeps_length_and_case(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    plain = strip_diacritics(text)
    assert len(plain) == len(text)
    assert strip_diacritics(plain) == plain
    assert [letter.isupper() for letter in plain] == [letter.isupper() for letter in text]


def test_stripping_leaves_other_scripts_whole() -> None:
    assert strip_diacritics("Đặng Ước 가 が ñ") == "Dang Uoc 가 が n"


def test_short_forms_are_canonical_and_never_in_what_they_mean() -> None:
    for short, meaning in MEANINGS.items():
        assert normalise(short).split() == list(meaning)
        assert normalise(" ".join(meaning)).split() == list(meaning)


@settings(deadline=None)
@given(MIXED)
@example("İ ŉ ǰ ﬃ ½ ﷺ")
@example("a\u0336\u0301 \u0301a")
@example("KO.ko #ko_ko q1q")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once == " ".join(once.split())


@settings(deadline=None)  # the first example builds the tables of the hashtag splitter
@given(st.lists(st.one_of(st.none(), MIXED), max_size=6))
@example(["a\x1cb\u2028c\u0085d\u3000e"])
def test_many_texts_are_read_like_one(texts: list[str | None]) -> None:
    tokeniser = Tokeniser()
    batch = tokeniser.batch(texts)
    assert rows(batch) == [Tokeniser().words(text) for text in texts]
    assert len(batch.vocabulary) == len(set(batch.vocabulary))
    assert (str(batch.ids.dtype), str(batch.offsets.dtype)) == ("int32", "int64")


def test_a_polars_column_is_read_like_a_list() -> None:
    texts = ["Ngon quá", None, "", "ngon #xuhuong"]
    batch = Tokeniser().batch(pl.Series(texts, dtype=pl.String))
    assert rows(batch) == rows(Tokeniser().batch(texts)) == [["ngon", "quá"], [], [], ["ngon", "xu", "huong"]]
    assert batch.vocabulary == ["ngon", "quá", "xu", "huong"]


def test_no_texts_are_no_words() -> None:
    batch = Tokeniser().batch([])
    assert (batch.ids.tolist(), batch.offsets.tolist(), batch.vocabulary) == ([], [0], [])


def test_texts_beyond_one_slice_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_SLICE", 2)
    texts = ["một hai", None, "ba", "hai", "bốn một"]
    assert rows(Tokeniser().batch(texts)) == [["một", "hai"], [], ["ba"], ["hai"], ["bốn", "một"]]


def test_half_a_surrogate_pair_is_no_letter() -> None:
    text = "dịch\ud800vụ"
    assert rows(Tokeniser().batch([text, None])) == [Tokeniser().words(text), []] == [["dịch", "vụ"], []]


def test_the_memory_of_read_chunks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "REMEMBERED", 3)
    tokeniser = Tokeniser()
    for number in range(10):
        assert tokeniser.words(f"số {number}") == ["số", str(number)]
        tokeniser.words("9" * 100)
        assert max(len(tokeniser._chunks), len(tokeniser._pieces)) <= 3
        assert "9" * 100 not in tokeniser._chunks


def test_a_tokeniser_comes_back_from_its_json() -> None:
    fitted = Tokeniser.fit(["ăn lẩu cá đuối ba sáu ngon"] * 6)
    again = Tokeniser.from_json(fitted.to_json())
    assert again == fitted
    assert again.to_json() == fitted.to_json() == Tokeniser.fit(["ăn lẩu cá đuối ba sáu ngon"] * 6).to_json()
    assert again.normalise("#laucaduoi") == "lau ca duoi"
