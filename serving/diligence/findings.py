"""What to look into before a creator is invited for one brief. A machine opens checks; only people settle them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from features.disclosure import disclosed, selling
from features.unsafe import unsafe_words
from models.attention import attention_text
from models.dossier import Dossier, KeptPost

_SHOWN: Final = 5  # posts of a check: enough for a person to see what it is about


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look into: a kind of `serving.store.tables.CHECK_KINDS`, and what it rests on."""

    kind: str
    evidence: tuple[dict[str, Any], ...]


def findings(dossier: Dossier, entry: Mapping[str, Any]) -> Iterator[Finding]:
    """What to look into about a creator; `entry` is their place on the kept list of this brief."""
    makers: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "verified_account": lambda: _unverified(dossier),
        "ad_disclosure": lambda: _advertising(dossier),
        "unsafe_words": lambda: _unsafe(dossier),
        "conflict": lambda: _conflicts(entry),
        "bought_attention": lambda: _bought(dossier),
    }
    for kind, make in makers.items():
        evidence = make()
        if evidence:
            yield Finding(kind, tuple(evidence))


def _said(note: str = "", post_id: str | None = None, words: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"post_id": post_id, "words": list(words), "note": note}


def _unverified(dossier: Dossier) -> list[dict[str, Any]]:
    """Accounts that their platform has not verified, or of which that is not known (Decree 147/2024/NĐ-CP)."""
    told = {True: "", False: "chưa xác thực", None: "chưa rõ đã xác thực hay chưa"}
    found = [_said(f"{platform}: {told[verified]}") for platform, verified in dossier.accounts if not verified]
    return found if dossier.accounts else [_said("chưa có thông tin tài khoản")]


def _advertising(dossier: Dossier) -> list[dict[str, Any]]:
    """Past advertising: first what was not called so (Advertising Law, Art. 15a), then what was: brands conflict."""
    silent = [(post, words) for post in dossier.posts if (words := _silent(post)) is not None]
    open_ = [(post, words) for post in dossier.posts if (words := disclosed(post.text, post.hashtags))]
    if not silent and not open_:
        return []
    counts = _said(
        f"{len(open_)} bài ghi rõ là quảng cáo, tài trợ, hợp tác; {len(silent)} bài có dấu hiệu quảng cáo mà không ghi"
    )
    return [counts, *(_said("", post.post_id, words) for post, words in [*silent, *open_][:_SHOWN])]


def _silent(post: KeptPost) -> tuple[str, ...] | None:
    """Why a post is taken for advertising that does not say so; None for any other."""
    if disclosed(post.text, post.hashtags):
        return None
    if post.is_ad:
        return ("nền tảng đánh dấu là quảng cáo", *selling(post.text))
    words = selling(post.text)
    return words if len(words) > 1 else None  # one such word is in many posts that sell nothing


def _unsafe(dossier: Dossier) -> list[dict[str, Any]]:
    found = [(post, words) for post in dossier.posts if (words := unsafe_words(post.text))]
    return [_said("", post.post_id, tuple(one.words for one in words)) for post, words in found[:_SHOWN]]


def _conflicts(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What must be avoided and stands in a post: the very facets that lowered the creator's place."""
    touched = [one for one in entry.get("facets") or () if one["kind"] == "must_not" and one["covered"]]
    return [_said(str(one["facet"]), one["post_id"], tuple(one["matched"])) for one in touched[:_SHOWN]]


def _bought(dossier: Dossier) -> list[dict[str, Any]]:
    return [_said(attention_text(flag)[0]) for flag in dossier.flags[:_SHOWN]]
