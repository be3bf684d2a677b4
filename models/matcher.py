"""The heart: a brief in, a ranked and explained shortlist out. Pure: no web, no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from features.encoder import Encoder
from kolmatch.errors import UnknownCreator
from kolmatch.settings import MatcherSettings
from models.brief import Brief, brief_from_row, has_words
from models.bundle import Contents, load_bundle
from models.bundle_files import Manifest
from models.creator_index import Query
from models.explanation import Asked, Explainer
from models.facets import Coverage, cover
from models.post_index import one_thread
from models.profile import CreatorProfile, profile
from models.shortlist import Entry, Evidence, Excluded, FacetCover, Part, Shortlist
from models.weights import PARTS, TOPIC_SIGNALS, WORDING, wording_part

Floats = npt.NDArray[np.float32]

_PART_COLUMNS: Final = {part: [TOPIC_SIGNALS.index(name) for name in names] for part, names in PARTS.items()}
_TITLE_SHARE: Final = 1.0
_MUST_SHARE: Final = 1.0  # of all required facets together
_BODY_SHARE: Final = 0.5
_TOUCHED: Final = 0.3  # strength from which what is to be avoided lowers a score (docs/decisions/0007)
_BRIEFS_TRIED: Final = 30  # earlier briefs, nearest first, for which a creator's place is computed


@dataclass(frozen=True, slots=True)
class SimilarBrief:
    """An earlier brief and how near it is in meaning: 1 the same, 0 nothing in common."""

    brief_id: str
    title: str
    similarity: float


@dataclass(frozen=True, slots=True)
class BriefPlace:
    """The place a creator would have on an earlier brief's list, of how many creators."""

    brief_id: str
    title: str
    rank: int
    of: int


@dataclass(frozen=True, slots=True)
class Scored:
    """Every creator's score for one brief, with all that explains it.

    Attributes:
        asked: what the index was asked and what it said: title, required facets, body.
        coverages: one per facet of the brief.
        parts: name -> (n_creators,) summands, in log space.
        scores: (n_creators,) their sum.
        allowed: (n_creators,) who may be listed.
    """

    asked: tuple[Asked, ...]
    coverages: tuple[Coverage, ...]
    parts: dict[str, Floats]
    scores: Floats
    allowed: npt.NDArray[np.bool_]


class Matcher:
    """Ranks the creators of one bundle for a brief. Safe to call from several threads at once."""

    def __init__(self, manifest: Manifest, contents: Contents, settings: MatcherSettings) -> None:
        self.manifest = manifest
        self._contents = contents
        self._settings = settings
        self._explainer = Explainer(contents, settings.evidence_posts)
        self._row_of = {creator: row for row, creator in enumerate(contents.creators["creator_id"].to_list())}
        self._listed = contents.creators["excluded"].is_null().to_numpy()

    @classmethod
    def load(cls, folder: Path, settings: MatcherSettings | None = None) -> Matcher:
        """Load a bundle from its folder.

        Raises:
            BundleMissing, BundleDamaged, BundleFormat: it cannot be used; the message names the file.
        """
        manifest, contents = load_bundle(folder)
        one_thread()
        return cls(manifest, contents, settings or MatcherSettings())

    @property
    def bundle_id(self) -> str:
        """Which bundle answers."""
        return self.manifest.bundle_id

    @property
    def synthetic(self) -> bool:
        """Whether any of the data behind the answers is invented."""
        return self.manifest.synthetic

    @property
    def encoder(self) -> Encoder:
        """What turns texts into vectors."""
        return self._contents.encoder

    def shortlist(self, brief: Brief, k: int) -> Shortlist:
        """The best `k` creators for a brief, each with score parts, evidence and facets.

        Raises:
            BriefRefused: the brief has no text or contradicts itself.
        """
        scored = self._score(brief.checked())
        best = self._best(scored, k)
        evidence = self._explainer.evidence(scored.asked, scored.parts[WORDING], best)
        facets = self._explainer.facets(scored.coverages, best)
        hashtags = self._explainer.hashtags(scored.asked, best)
        entries = tuple(
            self._entry(scored, place, row, evidence[row], hashtags[row], facets[row])
            for place, row in enumerate(best.tolist(), start=1)
        )
        return Shortlist(
            brief=brief,
            entries=entries,
            uncovered=_uncovered(scored.coverages, entries),
            unknown_words=tuple(dict.fromkeys(word for a in scored.asked for word in a.query.unknown)),
            excluded=self._excluded(scored),
            bundle_id=self.bundle_id,
            synthetic=self.synthetic,
        )

    def rank(self, briefs: Iterable[Brief], k: int) -> list[list[tuple[str, float]]]:
        """(creator id, score), best first, for each brief; the same order as `shortlist`, without explanations."""
        ids = self._contents.creators["creator_id"]
        rankings = []
        for brief in briefs:
            scored = self._score(brief.checked())
            rankings.append([(ids[int(row)], float(scored.scores[row])) for row in self._best(scored, k)])
        return rankings

    def creator(self, creator_id: str) -> CreatorProfile:
        """What the model knows of one creator.

        Raises:
            UnknownCreator: no such creator, or one who opted out.
        """
        return profile(self._contents, self._row(creator_id))

    def similar_briefs(self, text: str, k: int) -> list[SimilarBrief]:
        """The `k` earlier briefs nearest in meaning."""
        rows, found = self._contents.brief_vectors.search(self.encoder.encode_brief(text), k)
        named = self._contents.briefs[rows.tolist()].select("brief_id", "title").iter_rows() if len(rows) else ()
        return [SimilarBrief(i, title, float(s)) for (i, title), s in zip(named, found, strict=True)]

    def briefs_for(self, creator_id: str, k: int) -> list[BriefPlace]:
        """The `k` earlier briefs on whose list a creator would stand highest.

        Raises:
            UnknownCreator: no such creator.
        """
        row = self._row(creator_id)
        near, _ = self._contents.brief_vectors.search(self._contents.index.creator_vectors[row], _BRIEFS_TRIED)
        places = [self._place(int(brief_row), row) for brief_row in near]
        return sorted(places, key=lambda place: (place.rank, place.brief_id))[:k]

    def _place(self, brief_row: int, creator_row: int) -> BriefPlace:
        stored = self._contents.briefs.row(brief_row, named=True)
        scored = self._score(brief_from_row(stored))
        above = scored.allowed & (scored.scores > scored.scores[creator_row])
        return BriefPlace(stored["brief_id"], stored["title"], int(above.sum()) + 1, int(scored.allowed.sum()))

    def _row(self, creator_id: str) -> int:
        row = self._row_of.get(creator_id)
        if row is None or not self._listed[row]:
            raise UnknownCreator(
                f"There is no creator {creator_id!r} in this model. "
                "Check the id, or import the creator and train again.",
                f"Không có nhà sáng tạo {creator_id!r} trong mô hình này. "
                "Hãy kiểm tra mã, hoặc nhập dữ liệu rồi huấn luyện lại.",
            )
        return row

    def _score(self, brief: Brief) -> Scored:
        queries = {text: self._query(text) for text in _texts(brief)}
        near = dict(zip(queries, self._contents.index.near(list(queries.values())), strict=True))
        asked = tuple(
            Asked(queries[text], self._contents.index.signals(queries[text], near[text]), share)
            for text, share in _telling(asked_texts(brief), queries).items()
        )
        parts = self._fit_parts(asked)
        coverages = tuple(
            cover(self._contents.index, kind, queries[facet], near[facet])
            for kind, facets in _facets(brief).items()
            for facet in facets
        )
        parts |= _facet_parts(coverages, self._settings)
        scores: Floats = np.sum(list(parts.values()), axis=0, dtype=np.float32)
        return Scored(asked, coverages, parts, scores, self._listed & self._inside(brief))

    def _query(self, text: str) -> Query:
        return self._contents.index.query(text, self.encoder, self._settings.max_query_terms)

    def _fit_parts(self, asked: Sequence[Asked]) -> dict[str, Floats]:
        """Weighted signals by part, those of the topic against the mean of the creators who may be listed."""
        mixes = [(a, self._contents.weights.of(a.query.plain)) for a in asked]
        weighted = np.sum([a.share * mix.weighted_topic(a.signals.values) for a, mix in mixes], axis=0)
        author = np.sum([a.share * mix.author_of(a.signals.values, a.query.log_words) for a, mix in mixes], axis=0)
        grouped = {name: weighted[:, columns].sum(axis=1) for name, columns in _PART_COLUMNS.items()}
        parts = {name: values - _mean(values[self._listed]) for name, values in grouped.items()}
        topic: Floats = np.sum(list(parts.values()), axis=0, dtype=np.float32)
        parts[WORDING] = wording_part(topic, author, np.where(self._listed, np.float32(0.0), np.float32(-np.inf)))
        return parts

    def _inside(self, brief: Brief) -> npt.NDArray[np.bool_]:
        """Who posts on the platforms and in the formats that the brief asks for."""
        inside = np.ones(len(self._row_of), dtype=bool)
        for column, wanted in (("platforms", brief.platforms), ("formats", brief.formats)):
            if wanted:
                has = self._contents.creators[column].list.set_intersection(list(wanted)).list.len() > 0
                inside &= has.fill_null(value=False).to_numpy()
        return inside

    def _best(self, scored: Scored, k: int) -> npt.NDArray[np.int64]:
        """Rows of the best `k`; equal scores keep the order of creator ids."""
        rows = np.flatnonzero(scored.allowed)
        order = np.argsort(-scored.scores[rows], kind="stable")
        best: npt.NDArray[np.int64] = rows[order[: max(k, 0)]]
        return best

    def _entry(
        self,
        scored: Scored,
        place: int,
        row: int,
        evidence: tuple[Evidence, ...],
        hashtags: tuple[str, ...],
        facets: tuple[FacetCover, ...],
    ) -> Entry:
        creator = self._contents.creators.row(row, named=True)
        return Entry(
            rank=place,
            creator_id=creator["creator_id"],
            name=creator["name"],
            kind=creator["kind"],
            score=float(scored.scores[row]),
            parts=tuple(Part(name, float(values[row])) for name, values in scored.parts.items()),
            evidence=evidence,
            hashtags=hashtags,
            facets=facets,
            against=self._explainer.against(creator, evidence, facets),
        )

    def _excluded(self, scored: Scored) -> tuple[Excluded, ...]:
        reasons = self._contents.creators["excluded"].drop_nulls().to_list()
        counts = {reason: reasons.count(reason) for reason in sorted(set(reasons))}
        counts["outside"] = int(self._listed.sum() - scored.allowed.sum())
        return tuple(Excluded(reason, count) for reason, count in counts.items() if count)


def _mean(values: Floats) -> np.float32:
    return np.float32(values.mean()) if len(values) else np.float32(0.0)


def asked_texts(brief: Brief) -> dict[str, np.float32]:
    """What of a brief is held against creators, and its share of the score; shares sum to one.

    The title and what is required say what a brief is about; the body, in the formal words of an office, says it less
    plainly and counts half (`docs/decisions/0005-matching.md` has the figures).
    """
    shares = {brief.title: _TITLE_SHARE} if has_words(brief.title) else {}
    for facet in brief.must:
        shares[facet] = shares.get(facet, 0.0) + _MUST_SHARE / len(brief.must)
    if has_words(brief.text) and brief.text.strip() != brief.title.strip():
        shares[brief.text] = shares.get(brief.text, 0.0) + _BODY_SHARE
    return _summing_to_one(shares or {brief.title: _TITLE_SHARE})  # without a word nothing is found, nothing breaks


def _telling(shares: dict[str, np.float32], queries: Mapping[str, Query]) -> dict[str, np.float32]:
    """The texts that have a word some post has, their shares summing to one again; all of them when none has."""
    known = {text: share for text, share in shares.items() if queries[text].known}
    return _summing_to_one(known or shares)


def _summing_to_one(shares: Mapping[str, float | np.float32]) -> dict[str, np.float32]:
    total = sum(shares.values())
    return {text: np.float32(share / total) for text, share in shares.items()}


def _texts(brief: Brief) -> dict[str, None]:
    """Every distinct text of a brief that the index is asked about."""
    facets = [facet for found in _facets(brief).values() for facet in found]
    return dict.fromkeys([*asked_texts(brief), *facets])


def _facets(brief: Brief) -> dict[str, tuple[str, ...]]:
    return {"topic": (brief.title,), "must": brief.must, "nice": brief.nice, "must_not": brief.must_not}


def _facet_parts(coverages: Sequence[Coverage], settings: MatcherSettings) -> dict[str, Floats]:
    """What the facets add: the mean of what is required or welcome, and the worst of what is to be avoided."""
    by_kind: dict[str, Floats] = {}
    for kind in ("must", "nice", "must_not"):
        values = [c.pooled.values for c in coverages if c.kind == kind]
        if values:
            by_kind[kind] = np.stack(values)
    parts: dict[str, Floats] = {}
    if "must" in by_kind:
        parts["must"] = by_kind["must"].mean(axis=0) * np.float32(settings.must_weight)
    if "nice" in by_kind:
        parts["nice"] = by_kind["nice"].mean(axis=0) * np.float32(settings.nice_weight)
    if "must_not" in by_kind:
        beyond = np.maximum(by_kind["must_not"].max(axis=0) - _TOUCHED, 0.0) / (1.0 - _TOUCHED)
        parts["must_not"] = 0.0 - beyond.astype(np.float32) * np.float32(settings.must_not_weight)  # no minus zero
    return parts


def _uncovered(coverages: Sequence[Coverage], entries: Sequence[Entry]) -> tuple[str, ...]:
    covered = {facet.facet for entry in entries for facet in entry.facets if facet.covered}
    return tuple(c.facet for c in coverages if c.kind != "must_not" and c.facet not in covered)
