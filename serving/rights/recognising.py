"""Whether the id in a request is somebody's: a slip of the pen would leave the one who asked on every list."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from kolmatch.errors import BundleError, UnknownCreator
from serving.rights.schemas import RightsAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from serving.answers import Answers
    from serving.service import Service

_ALIKE: Final = 3
_CLOSE: Final = 0.8  # share of letters in common, of what `difflib` calls close


def recognised(service: Service, answer: RightsAnswer) -> RightsAnswer:
    """The answer to a new request, with whether the live model lists the id; without a model that is not said."""
    try:
        answers = service.live()
    except BundleError:
        return answer
    try:
        answers.creator(answer.creator_id)
    except UnknownCreator:
        return answer.model_copy(update={"known": False, "alike": _alike_in(answers, answer.creator_id)})
    return answer.model_copy(update={"known": True})


def alike(creator_id: str, ids: Iterable[str]) -> list[str]:
    """At most three ids that may be meant: the same but for capitals, blanks and @, or with few other letters."""
    plain = {one: _plain(one) for one in ids}
    same = [one for one, said in plain.items() if said == _plain(creator_id)]
    close = get_close_matches(_plain(creator_id), plain.values(), _ALIKE, _CLOSE)
    return list(dict.fromkeys([*same, *(one for said in close for one in plain if plain[one] == said)]))[:_ALIKE]


def _alike_in(answers: Answers, creator_id: str) -> list[str]:
    found = (hit.creator_id for hit in answers.search.find(creator_id.lstrip("@"), _ALIKE))
    return [one for one in found if one != creator_id]


def _plain(creator_id: str) -> str:
    return "".join(creator_id.casefold().split()).removeprefix("@")
