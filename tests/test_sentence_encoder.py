"""Any Sentence-Transformers model by one setting, with its prompts: a small transformer made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from features.documents import post_texts
from features.encoder import SentenceEncoder, load_encoder, open_sentence_model
from kolmatch.errors import BundleMissing, ExtraMissing, SettingsError
from kolmatch.files import sha256_of
from kolmatch.settings import EncoderSettings, Settings
from models.bundle import load_bundle
from training.pipeline import train

from .small_catalogue import TOPICS, import_rows, posts

DIMENSION = 16
QUERY_PROMPT, DOCUMENT_PROMPT = "câu hỏi: ", "bài viết: "
TEXTS = ["dịch vụ công trực tuyến", "món ngon đường phố", ""]


def tiny_transformer(folder: Path) -> Path:
    """Save a transformer of two layers with random weights and a vocabulary of whole words."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    words = sorted({word for topic in TOPICS.values() for word in topic} | {"câu", "hỏi", "bài", "viết", ":"})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizer(vocab=str(folder / "vocab.txt"), strip_accents=False, model_max_length=64)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=DIMENSION,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        BertModel(config).save_pretrained(folder / "parts")
    tokenizer.save_pretrained(folder / "parts")
    modules = [Transformer(str(folder / "parts")), Pooling(DIMENSION)]
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(folder / "model"))
    return folder / "model"


def prompted(model: Path) -> EncoderSettings:
    return EncoderSettings(model=str(model), query_prompt=QUERY_PROMPT, document_prompt=DOCUMENT_PROMPT)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_transformer(tmp_path_factory.mktemp("tiny") / "made")


@pytest.fixture(scope="module")
def encoder(model: Path) -> SentenceEncoder:
    return open_sentence_model(str(model), prompted(model))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may ask the network for a model."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def test_a_model_is_found_by_its_folder(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode_posts(TEXTS)
    assert vectors.shape == (3, DIMENSION)
    assert vectors.dtype == np.float32
    assert encoder.dimension == DIMENSION
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert encoder.encode_brief(TEXTS[0]).shape == (DIMENSION,)


def test_no_texts_are_no_vectors(encoder: SentenceEncoder) -> None:
    assert encoder.encode_posts([]).shape == (0, DIMENSION)


def test_a_batch_gives_what_each_text_gives_alone(encoder: SentenceEncoder) -> None:
    alone = np.concatenate([encoder.encode_posts([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode_posts(TEXTS), alone, atol=1e-5)


def test_each_role_is_read_behind_its_own_prompt(model: Path, encoder: SentenceEncoder) -> None:
    bare = open_sentence_model(str(model), EncoderSettings())
    text = TEXTS[0]
    np.testing.assert_allclose(encoder.encode_brief(text), bare.encode_brief(f"câu hỏi: {text}"), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_posts([text]), bare.encode_posts([f"bài viết: {text}"]), atol=1e-5)
    assert np.abs(encoder.encode_brief(text) - bare.encode_brief(text)).max() > 1e-3
    assert np.abs(encoder.encode_posts([text]) - bare.encode_posts([text])).max() > 1e-3
    np.testing.assert_allclose(bare.encode_brief(text), bare.encode_posts([text])[0], atol=1e-5)


@dataclass
class Watched:
    """A model that notes how it was asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def encode(self, texts: list[str], **how: Any) -> npt.NDArray[np.float64]:
        self.asked.append(how)
        return np.ones((len(texts), 4))


@pytest.mark.parametrize(("given", "passed"), [("", None), ("q: ", "q: ")])
def test_no_prompt_leaves_the_choice_to_the_model(given: str, passed: str | None) -> None:
    watched = Watched()
    SentenceEncoder(watched, given, "d: ", batch_size=7).encode_brief("a")
    assert (watched.asked[0]["prompt"], watched.asked[0]["batch_size"]) == (passed, 7)


def test_a_folder_without_a_static_encoder_is_read_as_any_model(model: Path, encoder: SentenceEncoder) -> None:
    loaded = load_encoder(model, prompted(model))
    assert isinstance(loaded, SentenceEncoder)
    np.testing.assert_allclose(loaded.encode_posts(TEXTS), encoder.encode_posts(TEXTS), atol=1e-6)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", ["no-such/model", "nosuchmodel", "a/b/c", "/no/such/folder"])
def test_a_model_that_is_not_there_is_named_in_both_languages(name: str) -> None:
    with pytest.raises(BundleMissing) as refused:
        open_sentence_model(name, EncoderSettings())
    assert repr(name) in refused.value.en
    assert repr(name) in refused.value.vi


def test_a_model_without_a_name_is_refused_with_the_settings() -> None:
    with pytest.raises(SettingsError, match=r"encoder\.model"):
        Settings.load(None, {"KOLMATCH_ENCODER__MODEL": ""})


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "damage",
    [
        lambda model: (model / "config.json").write_text("{", encoding="utf-8"),
        lambda model: (model / "model.safetensors").write_bytes(b"no tensors"),
        lambda model: (model / "modules.json").write_text("[", encoding="utf-8"),
    ],
    ids=["config", "weights", "modules"],
)
def test_a_damaged_model_is_refused_by_name(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    model = tiny_transformer(tmp_path / "made")
    damage(model)
    with pytest.raises(BundleMissing, match="made/model"):
        open_sentence_model(str(model), EncoderSettings())


def test_without_the_library_the_install_command_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match="pip install sentence-transformers"):
        open_sentence_model("any", EncoderSettings())


def alike(encoder: SentenceEncoder) -> float:
    """How much nearer posts of one topic are than posts of two."""
    first, second = ([" ".join(words[i : i + 5]) for words in TOPICS.values()] for i in (0, 6))
    products = encoder.encode_posts(first) @ encoder.encode_posts(second).T
    own = np.eye(len(products), dtype=bool)
    return float(products[own].mean() - products[~own].mean())


def test_fine_tuning_on_the_catalogue_brings_texts_of_one_topic_together(model: Path, tmp_path: Path) -> None:
    import_rows(tmp_path, "posts", posts(8, 12))
    before = sha256_of(model / "model.safetensors")
    plain = prompted(model)
    tuned = plain.model_copy(update={"fine_tune_steps": 40, "fine_tune_learning_rate": 0.003})
    encoders = []
    for settings in (plain, tuned, tuned):
        bundle = train(tmp_path, Settings(encoder=settings), month="2026-11", progress=lambda *_: None)
        encoders.append(load_bundle(bundle)[1].encoder)
    as_it_is, once, twice = encoders
    assert isinstance(as_it_is, SentenceEncoder)
    assert isinstance(once, SentenceEncoder)
    assert alike(once) > alike(as_it_is) + 0.1
    np.testing.assert_allclose(once.encode_posts(TEXTS), twice.encode_posts(TEXTS), atol=1e-5)
    assert sha256_of(model / "model.safetensors") == before


def test_a_bundle_is_trained_with_such_a_model_and_answers_from_its_own_copy(model: Path, tmp_path: Path) -> None:
    import_rows(tmp_path, "posts", posts(8, 12))
    settings = Settings(encoder=prompted(model))
    bundle = train(tmp_path, settings, month="2026-11", progress=lambda stage, done, total: None)
    manifest, contents = load_bundle(bundle)
    assert isinstance(contents.encoder, SentenceEncoder)
    assert (contents.encoder.query_prompt, contents.encoder.document_prompt) == (QUERY_PROMPT, DOCUMENT_PROMPT)
    assert manifest.settings["encoder"]["model"] == str(model)
    original = open_sentence_model(str(model), settings.encoder)
    np.testing.assert_allclose(contents.encoder.encode_brief(TEXTS[0]), original.encode_brief(TEXTS[0]), atol=1e-5)
    stored = contents.index.vectors.vectors(np.arange(5, dtype=np.int64))
    expected = original.encode_posts(post_texts(contents.posts[:5], [None] * 5))
    np.testing.assert_allclose(stored, expected, atol=1e-3)  # 16 bits
