"""The service against its own description: no server error, no answer that is not documented."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from kolmatch.settings import Settings
from models.brief import YOUTH_AGES
from models.matcher import Matcher
from serving.answers import Answers, LiveModel
from tests.api_world import MadeModel, app_of

MAX_EXAMPLES: Final = 100  # per operation; all take some ten seconds


bundles: list[Path] = []  # the trained bundle, known when the fixtures have made it


def model_under_test() -> Answers:
    """The real matcher on a small trained bundle."""
    return Matcher.load(bundles[0])


live = LiveModel(MadeModel(model_under_test))
schema = schemathesis.openapi.from_asgi("/openapi.json", app_of(live, Settings()))


@pytest.fixture(scope="module", autouse=True)
def _loaded(small_bundle: Path) -> None:
    bundles.append(small_bundle)
    live.load()


@schema.parametrize()
@settings(max_examples=MAX_EXAMPLES, deadline=None)
def test_every_answer_is_as_documented(case: schemathesis.Case[Any]) -> None:
    # That age_min is not above age_max is beyond what JSON Schema can say; the refusal itself must still be documented.
    beyond: list[Callable[..., bool | None]] = [positive_data_acceptance] if _ages_crossed(case.body) else []
    response = case.call_and_validate(excluded_checks=beyond)
    assert response.status_code < 500


def _ages_crossed(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    ages = [body.get(name, default) for name, default in zip(("age_min", "age_max"), YOUTH_AGES, strict=True)]
    return all(isinstance(age, int | float) for age in ages) and ages[0] > ages[1]
