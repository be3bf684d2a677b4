"""The default encoder: the same vectors with and without torch, for a batch and for one text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.encoder import load_encoder
from features.static_encoder import StaticEncoder, unit
from features.text import Tokeniser
from features.vocabulary import build_vocabulary
from kolmatch.settings import EncoderSettings

DIMENSION = 16
TEXTS = (
    "Nộp hồ sơ dịch vụ công trực tuyến tại nhà",
    "Món ngon đường phố Sài Gòn cuối tuần",
    "Dịch vụ công trên điện thoại, không cần xếp hàng",
    "Ăn vặt cùng hội bạn #monngon",
)
ANY_TEXT = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(" ".join(TEXTS).split()), max_size=12).map(" ".join))


def encoder_of(texts: Sequence[str], max_words: int = 256) -> StaticEncoder:
    """An encoder with a random row for every feature of the texts."""
    tokeniser = Tokeniser()
    vocabulary = build_vocabulary(tokeniser.batch(texts), min_count=1, min_pair_count=1)
    vectors = np.random.default_rng(5).standard_normal((len(vocabulary), DIMENSION), dtype=np.float32)
    vectors.flags.writeable = False
    return StaticEncoder(tokeniser, vocabulary, vectors, max_words)


ENCODER = encoder_of(TEXTS)


def test_vectors_have_length_one() -> None:
    vectors = ENCODER.encode_posts(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSION)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_a_text_is_the_sum_of_the_rows_of_its_features() -> None:
    bags = ENCODER.bags([TEXTS[0]])
    expected = ENCODER.vectors[bags.rows].sum(axis=0)
    np.testing.assert_allclose(ENCODER.encode_brief(TEXTS[0]), expected / np.linalg.norm(expected), atol=1e-6)


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
    np.testing.assert_allclose(unit(rows), [[0.6, 0.8], [0, 0]], atol=1e-7)


# --- at rest -----------------------------------------------------------------------------------------------------


def test_saved_and_loaded_it_is_the_same_encoder(tmp_path: Path) -> None:
    ENCODER.save(tmp_path)
    loaded = StaticEncoder.load(tmp_path)
    np.testing.assert_array_equal(loaded.encode_posts(TEXTS), ENCODER.encode_posts(TEXTS))
    assert (loaded.max_words, loaded.dimension, loaded.vocabulary.words) == (256, DIMENSION, ENCODER.vocabulary.words)


def test_a_folder_with_a_static_encoder_is_read_without_torch(tmp_path: Path) -> None:
    ENCODER.save(tmp_path)
    assert isinstance(load_encoder(tmp_path, EncoderSettings()), StaticEncoder)


def test_saving_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        ENCODER.save(folder)
    names = sorted(file.name for file in folders[0].iterdir())
    assert names == ["vectors.safetensors", "vocabulary.json"]
    assert all((folders[0] / name).read_bytes() == (folders[1] / name).read_bytes() for name in names)


def test_sentence_transformers_loads_it_by_its_folder_and_gives_the_same_vectors(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from features.static_module import save_as_sentence_transformer

    asked = [*TEXTS, "", "không có chữ nào quen", "dich vu cong"]
    save_as_sentence_transformer(ENCODER, tmp_path / "model")
    # The library asks for this consent for every module that is not its own; the folder itself holds no code.
    bare = SentenceTransformer(str(tmp_path / "model"), device="cpu", trust_remote_code=True)
    own = StaticEncoder.load(tmp_path / "model")
    np.testing.assert_allclose(bare.encode(asked), own.encode_posts(asked), atol=1e-6)
    np.testing.assert_allclose(bare.encode(asked, batch_size=2), own.encode_posts(asked), atol=1e-6)
    np.testing.assert_allclose(bare.encode(TEXTS[0]), own.encode_brief(TEXTS[0]), atol=1e-6)
    assert bare.get_embedding_dimension() == own.dimension


def test_a_prompt_is_read_as_part_of_the_text(tmp_path: Path) -> None:
    from features.static_module import StaticText

    with_prompt = StaticText(ENCODER).preprocess(["trực tuyến"], prompt="dịch vụ công ")
    assert with_prompt["input_ids"].tolist() == ENCODER.bags(["dịch vụ công trực tuyến"]).rows.tolist()


def test_a_saved_model_names_no_pickle_and_only_files_of_data(tmp_path: Path) -> None:
    from features.static_module import save_as_sentence_transformer

    save_as_sentence_transformer(ENCODER, tmp_path / "model")
    suffixes = {file.suffix for file in (tmp_path / "model").rglob("*") if file.is_file()}
    assert suffixes == {".json", ".safetensors"}
    modules = json.loads((tmp_path / "model" / "modules.json").read_text(encoding="utf-8"))
    assert [module["type"] for module in modules] == ["features.static_module.StaticText"]


def test_answering_needs_no_torch(tmp_path: Path) -> None:
    ENCODER.save(tmp_path)
    code = f"""
import pkgutil, importlib, sys
from pathlib import Path
import models
for module in pkgutil.iter_modules(models.__path__):
    importlib.import_module(f"models.{{module.name}}")
from features.encoder import load_encoder
from kolmatch.settings import EncoderSettings
vector = load_encoder(Path({str(tmp_path)!r}), EncoderSettings()).encode_brief("dịch vụ công")
assert abs(float(vector @ vector) - 1) < 1e-5
print(sorted({{name.split(".")[0] for name in sys.modules}} & {{"torch", "transformers", "sentence_transformers", "mlflow"}}))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
