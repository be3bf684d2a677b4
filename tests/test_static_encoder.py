"""The default encoder: the same vectors with and without torch, for a batch and for one text."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.encoder import load_encoder
from features.static_encoder import StaticEncoder, unit
from features.static_model import save_static
from features.text import Tokeniser, strip_diacritics
from kolmatch.settings import EncoderSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DIMENSION = 16
TEXTS = (
    "Nộp hồ sơ dịch vụ công trực tuyến tại nhà",
    "Món ngon đường phố Sài Gòn cuối tuần",
    "Dịch vụ công trên điện thoại, không cần xếp hàng",
    "Ăn vặt cùng hội bạn #monngon",
)
ANY_TEXT = st.one_of(
    st.text(max_size=40), st.lists(st.sampled_from(" ".join(TEXTS).split()), max_size=12).map(" ".join)
)


def encoder_of(texts: Sequence[str], max_words: int = 256) -> StaticEncoder:
    """An encoder with a random row for every word of the texts and for its plain form, which is near it."""
    tokeniser, rng = Tokeniser(), np.random.default_rng(5)
    plain = sorted({strip_diacritics(word) for word in tokeniser.batch(texts).vocabulary})
    words = sorted({*tokeniser.batch(texts).vocabulary, *plain})
    of_plain = dict(zip(plain, rng.standard_normal((len(plain), DIMENSION)), strict=True))
    rows = [of_plain[strip_diacritics(word)] + 0.3 * rng.standard_normal(DIMENSION) for word in words]
    vectors = np.vstack([np.zeros(DIMENSION), *rows]).astype(np.float32)
    vectors.flags.writeable = False
    return StaticEncoder(tokeniser, tuple(words), vectors, max_words)


ENCODER = encoder_of(TEXTS)


def test_vectors_have_length_one() -> None:
    vectors = ENCODER.encode_posts(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSION)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_a_text_is_the_sum_of_the_rows_of_its_words() -> None:
    rows = [ENCODER.words.index(word) + 1 for word in ENCODER.tokeniser.words(TEXTS[0])]
    expected = ENCODER.vectors[rows].sum(axis=0)
    np.testing.assert_allclose(ENCODER.encode_brief(TEXTS[0]), expected / np.linalg.norm(expected), atol=1e-6)


def test_a_word_without_a_row_changes_nothing() -> None:
    known = ENCODER.encode_brief("dịch vụ công")
    np.testing.assert_allclose(ENCODER.encode_brief("dịch qwertyzxc vụ công"), known, atol=1e-6)


@pytest.mark.parametrize("text", ["", "   ", "😀 !!! https://example.vn/a", "qwertyzxc"])
def test_a_text_without_a_known_word_is_all_zeros(text: str) -> None:
    assert not ENCODER.encode_brief(text).any()
    assert not ENCODER.encode_posts([text]).any()


def test_no_texts_are_no_vectors() -> None:
    assert ENCODER.encode_posts([]).shape == (0, DIMENSION)


def test_a_text_typed_without_diacritics_is_nearest_to_the_accented_one() -> None:
    typed = ENCODER.encode_brief("nop ho so dich vu cong truc tuyen tai nha")
    alike = ENCODER.encode_posts(TEXTS) @ typed
    assert alike.argmax() == 0
    assert alike[0] > 0.5


def test_words_beyond_the_limit_are_not_read() -> None:
    short = encoder_of(TEXTS, max_words=3)
    np.testing.assert_array_equal(short.encode_brief("nộp hồ sơ dịch vụ"), short.encode_brief("nộp hồ sơ"))
    np.testing.assert_array_equal(short.encode_posts(["nộp hồ sơ dịch vụ"])[0], short.encode_brief("nộp hồ sơ"))


def test_texts_cut_before_give_the_same_vectors() -> None:
    cut = ENCODER.tokeniser.batch(TEXTS)
    np.testing.assert_array_equal(ENCODER.encode_words(cut), ENCODER.encode_posts(TEXTS))


def test_more_texts_than_are_pooled_at_once_are_all_read(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ENCODER.encode_posts(TEXTS)
    monkeypatch.setattr("features.static_encoder._POOL_TEXTS", 3)
    np.testing.assert_array_equal(ENCODER.encode_posts(TEXTS), whole)


@given(st.lists(ANY_TEXT, max_size=6))
def test_a_batch_gives_what_each_text_gives_alone_as_post_and_as_brief(texts: list[str]) -> None:
    together = ENCODER.encode_posts(texts)
    for i, text in enumerate(texts):
        np.testing.assert_allclose(together[i], ENCODER.encode_posts([text])[0], atol=1e-6)
        np.testing.assert_allclose(together[i], ENCODER.encode_brief(text), atol=1e-6)


@given(ANY_TEXT)
def test_every_text_has_a_vector_of_numbers_of_length_one_or_zero(text: str) -> None:
    vector = ENCODER.encode_brief(text)
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5) or not vector.any()


def test_unit_scales_rows_and_leaves_zeros() -> None:
    rows = np.array([[3, 4], [0, 0]], dtype=np.float32)
    np.testing.assert_allclose(unit(rows), np.array([[0.6, 0.8], [0, 0]]), atol=1e-7)


# --- at rest -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("encoder")
    save_static(ENCODER, made)
    return made


def test_saved_and_loaded_it_is_the_same_encoder(folder: Path) -> None:
    loaded = StaticEncoder.load(folder)
    np.testing.assert_array_equal(loaded.encode_posts(TEXTS), ENCODER.encode_posts(TEXTS))
    assert (loaded.max_words, loaded.dimension, loaded.words) == (256, DIMENSION, ENCODER.words)


def test_a_folder_with_a_static_encoder_is_read_without_torch(folder: Path) -> None:
    assert isinstance(load_encoder(folder, EncoderSettings()), StaticEncoder)


def test_saving_twice_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    save_static(ENCODER, tmp_path)
    names = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    assert all((folder / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_a_bare_sentence_transformer_loads_it_and_gives_the_same_vectors(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    bare, own = SentenceTransformer(str(folder), device="cpu"), StaticEncoder.load(folder)
    typed = [*TEXTS[:3], "", "không có chữ nào quen", "dich vu cong", "Nộp hồ sơ, TRỰC TUYẾN!"]
    np.testing.assert_allclose(bare.encode(typed), own.encode_posts(typed), atol=1e-6)
    np.testing.assert_allclose(bare.encode(typed, batch_size=2), own.encode_posts(typed), atol=1e-6)
    np.testing.assert_allclose(bare.encode(TEXTS[0]), own.encode_brief(TEXTS[0]), atol=1e-6)
    assert bare.get_embedding_dimension() == own.dimension


@given(ANY_TEXT)
def test_for_canonical_words_the_bare_model_gives_the_same_vector_whatever_they_are(text: str) -> None:
    bare = _bare()
    canonical = ENCODER.tokeniser.normalise(text)
    np.testing.assert_allclose(bare.encode(canonical), ENCODER.encode_brief(text), atol=1e-6)


def test_the_bare_model_reads_as_many_words_as_ours(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    short = encoder_of(TEXTS, max_words=3)
    save_static(short, tmp_path)
    long = "nộp hồ sơ dịch vụ công trực tuyến"
    bare = SentenceTransformer(str(tmp_path), device="cpu")
    np.testing.assert_allclose(bare.encode(long), short.encode_brief(long), atol=1e-6)


@cache
def _bare() -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    with tempfile.TemporaryDirectory() as made:
        save_static(ENCODER, Path(made))
        return SentenceTransformer(made, device="cpu")


def test_a_saved_model_holds_data_only_and_names_modules_of_the_library_alone(folder: Path) -> None:
    suffixes = {file.suffix for file in folder.rglob("*") if file.is_file()}
    assert suffixes == {".json", ".safetensors"}
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    assert all(module["type"].startswith("sentence_transformers.") for module in modules)


def test_answering_needs_nothing_that_only_training_needs(folder: Path) -> None:
    code = f"""
import pkgutil, importlib, sys
from pathlib import Path
import models
for module in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"models.{{module.name}}")
from features.encoder import load_encoder
from kolmatch.settings import EncoderSettings
import serving.app, serving.home_models, serving.store.schema
vector = load_encoder(Path({str(folder)!r}), EncoderSettings()).encode_brief("dịch vụ công")
assert abs(float(vector @ vector) - 1) < 1e-5
heavy = {{"torch", "transformers", "sentence_transformers", "mlflow", "sklearn", "scipy", "pyarrow", "alembic"}}
print(sorted(heavy & sys.modules.keys()))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
