"""A trained model in memory and on disk: tables, encoder, indexes, weights. Data only, never code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from safetensors import SafetensorError
from safetensors.numpy import save_file

from features.arrays import map_arrays
from features.encoder import Encoder, load_encoder
from features.static_encoder import StaticEncoder
from features.text import Tokeniser
from features.vocabulary import Vocabulary
from kolmatch.settings import EncoderSettings
from models.audience import AudiencePosterior
from models.bundle_files import Manifest, verify
from models.creator_index import HASHED_CHANNELS, CreatorIndex
from models.filters import hiding
from models.forecast import ViewsForecast
from models.hashed import HashedIndex
from models.hashtags import HashtagIndex
from models.lexical import LexicalIndex
from models.post_index import VectorIndex
from models.preferences import PRIOR, Preferences
from models.restoring import Beside, Restorer
from models.terms import TermShares
from models.weights import Weights

ENCODER_FOLDER: Final = "encoder"
PREFERENCES_FILE: Final = "preferences.json"  # there only where staff's decisions have changed what counts
TABLES: Final = ("creators", "accounts", "posts", "briefs", "attention")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle holds.

    Attributes:
        creators: row = creator row of the index; `excluded` says why someone may not be listed, null if they may.
        accounts: creators' accounts.
        posts: row = post row of the index.
        briefs: earlier briefs, row = row of `brief_vectors`.
        index: posts and creators, searchable.
        brief_vectors: briefs by meaning.
        weights: how much each signal counts.
        encoder: texts to vectors.
        forecast: views of each creator's next post.
        audience: who watches each creator on each platform.
        attention: signs of bought attention, see `training.attention.bought_attention`.
        preferences: how much the summands that order a list count.
    """

    creators: pl.DataFrame
    accounts: pl.DataFrame
    posts: pl.DataFrame
    briefs: pl.DataFrame
    index: CreatorIndex
    brief_vectors: VectorIndex
    weights: Weights
    encoder: Encoder
    forecast: ViewsForecast
    audience: AudiencePosterior
    attention: pl.DataFrame
    preferences: Preferences = PRIOR


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Turn what safetensors, polars and FAISS raise while they write into an OSError, as a full disk is one.

    FAISS knows RuntimeError alone; so use this around writing only.
    """
    try:
        yield
    except (SafetensorError, pl.exceptions.PolarsError, RuntimeError) as error:
        raise OSError(str(error)) from error


@_disk_errors()
def save_contents(contents: Contents, folder: Path, save_encoder: Callable[[Path], None]) -> None:
    """Write the files of a bundle into an existing folder; `save_encoder` writes the model's own folder.

    Raises:
        OSError: the disk is full, by whatever library it is met.
    """
    for name in TABLES:
        getattr(contents, name).write_parquet(folder / f"{name}.parquet")
    index = contents.index
    (folder / "tokeniser.json").write_text(index.tokeniser.to_json(), encoding="utf-8")
    terms = {"words": index.vocabulary.words, "plain": index.vocabulary.plain, "hashtags": index.hashtags.names}
    (folder / "terms.json").write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
    save_file(_index_arrays(index), folder / "index.safetensors")
    index.vectors.save(folder / "posts.faiss")
    contents.brief_vectors.save(folder / "briefs.faiss")
    (folder / "weights.json").write_text(json.dumps(contents.weights.to_dict(), indent=2), encoding="utf-8")
    if contents.preferences != PRIOR:
        text = json.dumps(contents.preferences.to_dict(), indent=2)
        (folder / PREFERENCES_FILE).write_text(text, encoding="utf-8")
    contents.forecast.save(folder)
    contents.audience.save(folder)
    (folder / ENCODER_FOLDER).mkdir()
    save_encoder(folder / ENCODER_FOLDER)


def _index_arrays(index: CreatorIndex) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {
        "pair_keys": index.vocabulary.pair_keys,
        "creator_vectors": index.creator_vectors,
        "owners": index.owners,
        "post_fade": index.post_fade,
        "activity": index.activity,
    }
    held = {f"hashed.{channel}": hashed.arrays() for channel, hashed in index.hashed.items()}
    held |= {"learned": index.learned.arrays(), "beside": index.restorer.beside.arrays()}
    held |= {"posts": index.posts.arrays(), "wording_posts": index.wording_posts.arrays()}
    held["hashtags"] = index.hashtags.arrays()
    for holder, own in held.items():
        arrays |= {f"{holder}.{name}": array for name, array in own.items()}
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def load_bundle(folder: Path, gone: tuple[str, ...] = ()) -> tuple[Manifest, Contents]:
    """Verify a bundle's files against its manifest and read them; those of `gone` opted out since and are excluded.

    Raises:
        BundleMissing, BundleDamaged, BundleFormat: see `models.bundle_files.verify`.
    """
    manifest = verify(folder)
    tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    tables["creators"] = hiding(tables["creators"], gone)
    settings = EncoderSettings.model_validate(manifest.settings["encoder"])
    weights = Weights.from_dict(json.loads((folder / "weights.json").read_text(encoding="utf-8")))
    encoder = load_encoder(folder / ENCODER_FOLDER, settings)
    contents = Contents(
        **tables,
        index=_load_index(folder, _load_tokeniser(folder, encoder)),
        brief_vectors=VectorIndex.load(folder / "briefs.faiss"),
        weights=weights,
        encoder=encoder,
        forecast=ViewsForecast.load(folder),
        audience=AudiencePosterior.load(folder),
        preferences=_load_preferences(folder),
    )
    return manifest, contents


def _load_preferences(folder: Path) -> Preferences:
    """What the verified folder holds; a file that the manifest names and is not there was refused before."""
    file = folder / PREFERENCES_FILE
    return Preferences.from_dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else PRIOR


def _load_tokeniser(folder: Path, encoder: Encoder) -> Tokeniser:
    """The index's tokeniser; where the encoder has the same, that one, so that its tables are in memory once."""
    written = (folder / "tokeniser.json").read_text(encoding="utf-8")
    if isinstance(encoder, StaticEncoder) and encoder.tokeniser.to_json() == written:
        return encoder.tokeniser
    return Tokeniser.from_json(written)


def _load_index(folder: Path, tokeniser: Tokeniser) -> CreatorIndex:
    arrays = map_arrays(folder / "index.safetensors")
    terms = json.loads((folder / "terms.json").read_text(encoding="utf-8"))
    vocabulary = Vocabulary(tuple(terms["words"]), tuple(terms["plain"]), arrays["pair_keys"])
    return CreatorIndex(
        tokeniser=tokeniser,
        vocabulary=vocabulary,
        posts=LexicalIndex.from_arrays(_named(arrays, "posts")),
        hashed={channel: HashedIndex.from_arrays(_named(arrays, f"hashed.{channel}")) for channel in HASHED_CHANNELS},
        wording_posts=LexicalIndex.from_arrays(_named(arrays, "wording_posts")),
        hashtags=HashtagIndex.from_arrays(terms["hashtags"], _named(arrays, "hashtags")),
        vectors=VectorIndex.load(folder / "posts.faiss"),
        creator_vectors=arrays["creator_vectors"],
        owners=arrays["owners"],
        post_fade=arrays["post_fade"],
        activity=arrays["activity"],
        learned=TermShares(**_named(arrays, "learned")),
        restorer=Restorer.of(vocabulary, Beside(**_named(arrays, "beside"))),
    )


def _named(arrays: Mapping[str, npt.NDArray[Any]], holder: str) -> dict[str, npt.NDArray[Any]]:
    prefix = f"{holder}."
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
