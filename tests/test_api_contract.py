"""The service against its own description: no server error, no answer that is not documented, on every route.

The key is an admin's, so that every operation is reached; ids that exist are given where a path takes one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
)
from starlette.testclient import TestClient

from features.provinces import province_code
from kolmatch.errors import BriefRefused
from kolmatch.settings import AccessSettings, ServingSettings, Settings
from models.brief import YOUTH_AGES
from models.matcher import Matcher
from serving.answers import Answers, LiveModel
from serving.uploads.bounded import KINDS
from tests.api_world import MadeModel, app_of, key_of, own_store

# Per operation; `KOLMATCH_TEST_CASES=200` makes some 6,000 cases of it, in minutes rather than seconds.
MAX_EXAMPLES: Final = int(os.environ.pop("KOLMATCH_TEST_CASES", "15"))
UNBOUNDED: Final = Settings(
    serving=ServingSettings(max_waiting=1000),
    access=AccessSettings(requests_per_minute=10**9, refused_per_minute=10**9),
)


@schemathesis.serializer(*KINDS)
def as_it_is(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """A document is sent as its bytes; that those drawn are none is refused, as documented."""
    return value if isinstance(value, bytes) else str(value).encode()


bundles: list[Path] = []  # the trained bundle, known when the fixtures have made it


def model_under_test() -> Answers:
    """The real matcher on a small trained bundle."""
    return Matcher.load(bundles[0])


live = LiveModel(MadeModel(model_under_test))
store = own_store()
app = app_of(live, UNBOUNDED, store)
key = key_of(store, "admin")
there: dict[str, str] = {}  # ids of what exists
schema = schemathesis.openapi.from_asgi("/openapi.json", app)

# Beyond what JSON Schema can say: that an id must exist, that a cursor was given out, that a step comes in its turn.
BEYOND: Final[list[Callable[..., bool | None]]] = [positive_data_acceptance]
NOT_TO_BE_REFUSED: Final[list[Callable[..., bool | None]]] = [negative_data_rejection, missing_required_header]


@pytest.fixture(scope="module", autouse=True)
def _loaded(small_bundle: Path) -> None:
    bundles.append(small_bundle)
    live.load()
    client = TestClient(app, headers=key)
    made = client.post("/v1/shortlists", json={"title": "Dịch vụ công"}).json()
    there.update(brief_id=made["brief_id"], shortlist_id=made["shortlist_id"], creator_id="dvc")
    check = {"brief_id": made["brief_id"], "creator_id": "dvc", "kind": "conflict"}
    there["check_id"] = client.post("/v1/checks", json=check).json()["check_id"]
    asked = {"creator_id": "dvc", "kind": "access"}  # it takes nobody out of the answers
    there["request_id"] = client.post("/v1/rights", json=asked).json()["request_id"]


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Half of the cases ask for what exists, and all come with the key: that one is needed is tested by test_access.py.

    Only what a hook puts into a case is judged anew: what was drawn wrong there then counts as right.
    """
    existing = {name: there[name] for name, drawn in (case.path_parameters or {}).items() if len(str(drawn)) % 2}
    (case.path_parameters or {}).update(existing)
    case.headers.update(key)


@schema.parametrize()
@settings(max_examples=MAX_EXAMPLES, deadline=None)
def test_every_answer_is_as_documented(case: schemathesis.Case[Any]) -> None:
    beyond = [*_beyond(case), *(NOT_TO_BE_REFUSED if _sent_anyway(case) else [])]
    response = case.call_and_validate(excluded_checks=[*beyond, ignored_auth])
    assert response.status_code < 500


@pytest.mark.parametrize("text", ["a", "đ", "ạ", "日", "٣", "²", "_", " ", "…", "\u0301", "_đ\n", ""])
def test_a_text_fits_the_description_where_it_fits_the_service(text: str) -> None:
    """Patterns mean the same to the service as in JSON Schema's dialect, letters outside ASCII too."""
    (described,) = app.openapi()["paths"]["/v1/creators"]["get"]["parameters"][:1]
    fits = jsonschema_rs.validator_for(described["schema"]).is_valid(text)
    answer = TestClient(app, headers=key).get("/v1/creators", params={"q": text})
    assert (described["name"], answer.status_code) == ("q", 200 if fits else 422)


def _beyond(case: schemathesis.Case[Any]) -> list[Callable[..., bool | None]]:
    simple = case.path == "/v1/shortlists" and case.method == "POST" and not _refused(case.body)
    return [] if simple and "Idempotency-Key" not in (case.headers or {}) else BEYOND


def _sent_anyway(case: schemathesis.Case[Any]) -> bool:
    """Whether what breaks the description never arrives: a missing key, which is sent all the same, a parameter that
    nobody reads, which HTTP lets anyone add, or one that is said several times, of which the last counts."""
    known = {parameter.name for parameter in case.operation.query}
    unread = not set(case.query or {}) <= known
    repeated = any(isinstance(value, list) for value in (case.query or {}).values())
    return "Authorization" not in case.headers or unread or repeated


def _refused(body: object) -> bool:
    return _ages_crossed(body) or _nowhere(body)


def _ages_crossed(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    ages = [body.get(name, default) for name, default in zip(("age_min", "age_max"), YOUTH_AGES, strict=True)]
    return all(isinstance(age, int | float) for age in ages) and ages[0] > ages[1]


def _nowhere(body: object) -> bool:
    """Whether a brief names a province that is none."""
    named = body.get("provinces") if isinstance(body, dict) else None
    if not isinstance(named, list):
        return False
    try:
        for name in named:
            province_code(str(name))
    except BriefRefused:
        return True
    return False
