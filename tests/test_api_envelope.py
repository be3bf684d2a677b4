"""What every request and answer is wrapped in: request ids, security headers, and a log that names no one."""

from __future__ import annotations

import logging
import sys

import pytest
from starlette.testclient import TestClient

from serving.logs import DiscreetFormatter
from tests.api_world import TinyAnswers, client_of


@pytest.fixture
def client() -> TestClient:
    return client_of(TinyAnswers)


@pytest.mark.parametrize("given_id", ["abc", "A-b_c.9", "x" * 64])
def test_a_sane_request_id_is_kept(client: TestClient, given_id: str) -> None:
    assert client.get("/livez", headers={"X-Request-ID": given_id}).headers["x-request-id"] == given_id


@pytest.mark.parametrize("given_id", ["", "a b", "a;b", "x" * 65, "<script>"])
def test_any_other_request_id_is_replaced(client: TestClient, given_id: str) -> None:
    assert client.get("/livez", headers={"X-Request-ID": given_id}).headers["x-request-id"] == "made-here"


def test_every_answer_is_data_that_nothing_may_run_keep_or_guess_at(client: TestClient) -> None:
    headers = client.get("/v1/creators/syn-0007").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_the_access_log_names_routes_and_never_what_was_asked(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="kolmatch")
    client.post("/v1/shortlists?who=ai", json={"title": "chuyện riêng"})
    client.get("/v1/creators/nguyen-van-a?q=bi-mat")
    client.get("/nguyen-van-a")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("kolmatch")]
    assert [line.split()[:3] for line in lines] == [
        ["POST", "/v1/shortlists", "200"],
        ["GET", "/v1/creators/{creator_id}", "404"],
        ["GET", "-", "404"],
    ]
    assert all(line.endswith("ms made-here") for line in lines)


def test_a_logged_exception_names_places_and_types_but_not_its_message() -> None:
    secret = "-".join(("nguyen", "van", "a"))
    try:
        try:
            raise KeyError(secret)
        except KeyError as cause:
            raise RuntimeError(secret) from cause
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    text = DiscreetFormatter().format(record)
    assert all(word in text for word in ("failed", "RuntimeError", "KeyError", "test_api_envelope.py"))
    assert secret not in text
