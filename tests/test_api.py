"""The HTTP service: what it answers, what it refuses and how, and what it never tells."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import MutableMapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from data.contract import FORMATS, PLATFORMS
from kolmatch.errors import BundleDamaged, BundleMissing
from kolmatch.settings import ServingSettings, Settings
from models.brief import Brief
from models.filters import EVERYONE, Filters
from serving.access.guard import roles_of
from serving.answers import Answers, LiveModel
from serving.app import bare_app
from serving.examples import ONLINE_PROCEDURES, SHORTLIST
from serving.faults import MAX_FAULTS
from serving.openapi import rendered
from serving.problems import KINDS, preferred_language
from serving.schemas import DecisionNote, Format, Platform
from serving.shortlist_answer import ShortlistAnswer
from tests.api_world import (
    MANIFEST,
    REFUSED_TITLE,
    MadeModel,
    TinyAnswers,
    app_of,
    assert_refused,
    client_of,
    live_model,
)

ROOT = Path(__file__).parents[1]
AGAINST_EN = "no post has a word of the brief"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client() -> TestClient:
    return client_of(TinyAnswers)


def post(client: TestClient, body: bytes | str, **headers: str) -> Any:
    return client.post("/v1/shortlists", content=body, headers={**JSON, **headers})


# What it answers


def test_a_brief_is_answered_by_the_creators_who_speak_of_it_best_first(client: TestClient) -> None:
    answer = client.post("/v1/shortlists", json={"title": "Dịch vụ công trực tuyến"}).json()
    assert [(entry["rank"], entry["creator_id"]) for entry in answer["entries"]] == [(1, "syn-0007"), (2, "syn-0001")]


def test_every_place_has_its_reasons(client: TestClient) -> None:
    body = {"title": "Dịch vụ công", "must": ["trực tuyến", "xe buýt"]}
    answer = client.post("/v1/shortlists", json=body).json()
    first = answer["entries"][0]
    assert sum(part["value"] for part in first["parts"]) == first["score"] == 3.0
    assert first["parts"][0]["multiplier"] == pytest.approx(20.0855, abs=1e-3)
    assert first["evidence"][0]["matched"] == ["dịch", "vụ", "công"]
    assert [(facet["facet"], facet["covered"]) for facet in first["facets"]] == [
        ("trực tuyến", True),
        ("xe buýt", False),
    ]
    assert answer["uncovered"] == ["xe buýt"]
    assert answer["excluded"] == [{"reason": "opted_out", "count": 1}]
    objection = {"code": "no_topic_words", "label_vi": "không bài nào có từ của yêu cầu"}
    assert [entry["against"] for entry in answer["entries"]] == [[], [objection | {"label_en": AGAINST_EN}]]


def test_reasons_not_asked_for_are_null_not_empty(client: TestClient) -> None:
    entry = client.post("/v1/shortlists", json={"title": "Dịch vụ", "explain": False}).json()["entries"][0]
    assert (entry["name"], entry["score"]) == ("Phường Mình (tổng hợp)", 2.0)
    assert [entry[reason] for reason in ("parts", "evidence", "facets", "against")] == [None] * 4


def test_top_bounds_the_list(client: TestClient) -> None:
    assert len(client.post("/v1/shortlists", json={"title": "Dịch vụ", "top": 1}).json()["entries"]) == 1


def test_the_setting_bounds_top_and_its_default() -> None:
    strict = client_of(TinyAnswers, Settings(serving=ServingSettings(max_results=1)))
    assert len(strict.post("/v1/shortlists", json={"title": "Dịch vụ"}).json()["entries"]) == 1
    problem = assert_refused(strict.post("/v1/shortlists", json={"title": "Dịch vụ", "top": 2}), 422, "validation")
    assert problem["errors"][0]["detail_vi"] == "Nhiều nhất là 1."


def test_the_matcher_gets_the_brief_that_was_sent() -> None:
    seen: list[tuple[Brief, int]] = []

    class Listening(TinyAnswers):
        def shortlist(self, brief: Brief, k: int, by: str = "fit", filters: Filters = EVERYONE) -> Any:
            seen.append((brief, k))
            return super().shortlist(brief, k, by, filters)

    body = {**ONLINE_PROCEDURES, "age_min": 18, "age_max": 25, "formats": ["video"], "budget_vnd": 50_000_000}
    client_of(Listening).post("/v1/shortlists", json=body)
    expected = Brief(
        title=body["title"],
        text=body["text"],
        must=("dịch vụ công trực tuyến",),
        nice=("VNeID",),
        must_not=("cá cược",),
        age_min=18,
        age_max=25,
        provinces=("hcmc",),
        platforms=("tiktok", "youtube"),
        formats=("video",),
        budget_vnd=50_000_000,
        team_size=5,
    )
    assert seen == [(expected, 10)]


def test_synthetic_data_is_labelled_and_real_data_is_not() -> None:
    labels = {}
    for synthetic in (True, False):
        client = client_of(partial(TinyAnswers, replace(MANIFEST, synthetic=synthetic)))
        labels[synthetic] = [
            client.post("/v1/shortlists", json={"title": "Dịch vụ"}).json(),
            client.get("/v1/creators/syn-0007").json(),
            client.get("/v1/models/current").json(),
        ]
    assert all(answer["synthetic"] and "tổng hợp" in answer["label_vi"] for answer in labels[True])
    assert all(not answer["synthetic"] and answer["label_vi"] is None for answer in labels[False])


def test_the_answer_says_which_model_gave_it_and_that_a_person_decides(client: TestClient) -> None:
    answer = client.post("/v1/shortlists", json={"title": "Dịch vụ"}).json()
    assert answer["model"] == {"bundle_id": "0123456789ab", "created_month": "2026-11"}
    assert "134/2025/QH15" in answer["decision"]["law"]
    assert "quyết định" in answer["decision"]["note_vi"]
    assert "decides" in answer["decision"]["note_en"]


def test_what_is_not_known_of_a_creator_is_null_never_zero(client: TestClient) -> None:
    creator = client.get("/v1/creators/syn-0007").json()
    assert creator["platforms"] == [
        {"platform": "tiktok", "handle": None, "url": None, "followers": None, "verified": None}
    ]
    assert (creator["category"], creator["post_count"]) == (None, 1)


def test_the_live_model_says_what_it_was_trained_on(client: TestClient) -> None:
    model = client.get("/v1/models/current").json()
    assert (model["bundle_id"], model["metrics"]) == ("0123456789ab", {"next_post_mrr": 0.5})
    assert model["trained_on"] == {"posts": "0" * 64}


def test_answers_and_the_example_of_the_description_have_the_documented_shape(client: TestClient) -> None:
    shape = TypeAdapter(ShortlistAnswer)
    for explain in (True, False):
        body = {**ONLINE_PROCEDURES, "explain": explain}
        assert shape.validate_json(client.post("/v1/shortlists", json=body).content)["entries"]
    example = shape.validate_python(SHORTLIST)
    assert example["decision"] == DecisionNote()
    assert example["entries"][0]["score"] == sum(part["value"] for part in example["entries"][0]["parts"] or [])


def test_platforms_and_formats_are_those_of_the_import_contract() -> None:
    assert (get_args(Platform), get_args(Format)) == (PLATFORMS, FORMATS)


# What it refuses


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "#/title", "missing"),
        ({"title": 7}, "#/title", "string_type"),
        ({"title": "…?!"}, "#/title", "string_pattern_mismatch"),
        ({"title": "a\0"}, "#/title", "string_pattern_mismatch"),
        ({"title": "a" * 501}, "#/title", "string_too_long"),
        ({"title": "a", "text": "\0"}, "#/text", "string_pattern_mismatch"),
        ({"title": "a", "must": "b"}, "#/must", "list_type"),
        ({"title": "a", "must": ["b", " "]}, "#/must/1", "string_pattern_mismatch"),
        ({"title": "a", "nice": ["b"] * 21}, "#/nice", "too_long"),
        ({"title": "a", "age_min": "16"}, "#/age_min", "int_type"),
        ({"title": "a", "age_min": 16.5}, "#/age_min", "int_type"),
        ({"title": "a", "age_min": -1}, "#/age_min", "greater_than_equal"),
        ({"title": "a", "age_max": 10**30}, "#/age_max", "less_than_equal"),
        ({"title": "a", "age_max": None}, "#/age_max", "int_type"),
        ({"title": "a", "platforms": ["myspace"]}, "#/platforms/0", "literal_error"),
        ({"title": "a", "explain": 1}, "#/explain", "bool_type"),
        ({"title": "a", "top": 0}, "#/top", "greater_than_equal"),
        ({"title": "a", "top": 51}, "#/top", "less_than_equal"),
        ({"title": "a", "tilte/~": "b"}, "#/tilte~1~0", "extra_forbidden"),
        ([], "#", "model_attributes_type"),
    ],
)
def test_a_value_that_does_not_fit_is_named_in_both_languages(
    client: TestClient, body: Any, pointer: str, code: str
) -> None:
    problem = assert_refused(client.post("/v1/shortlists", json=body), 422, "validation")
    found = [
        error
        for error in problem["errors"]
        if (error["in"], error["pointer"], error["code"]) == ("body", pointer, code)
    ]
    assert [error["in"] for error in found] == ["body"]
    assert found[0]["detail"] == found[0]["detail_vi"] != found[0]["detail_en"]
    assert "{" not in found[0]["detail_vi"] + found[0]["detail_en"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("GET", "/v1/briefs?limit=abc", None), "viết bằng chữ số"),
        (("GET", "/v1/briefs?cursor=a b", None), "Phải đúng dạng"),
        (("POST", "/v1/shortlists", {"title": " "}), "ít nhất một chữ hoặc số"),
        (("POST", "/v1/shortlists", {"title": "a", "text": "\0"}), "Không nhận ký tự NUL"),
        (("POST", "/v1/shortlists", {"title": "a", "by": "x"}), "'impact', 'expected' hoặc 'fit'"),
        (("POST", "/v1/nominations", {"title": "a", "name": "b", "captions": ["c"]}), "Cần ít nhất"),
    ],
)
def test_a_refusal_says_what_to_give_instead(client: TestClient, asked: tuple[str, str, Any], said: str) -> None:
    method, path, body = asked
    problem = assert_refused(client.request(method, path, json=body), 422, "validation")
    assert said in " ".join(error["detail_vi"] for error in problem["errors"])


def test_a_thousand_faults_are_answered_with_a_few(client: TestClient) -> None:
    body = {"title": "a", **{f"k{number}": 1 for number in range(1000)}}
    assert len(assert_refused(client.post("/v1/shortlists", json=body), 422, "validation")["errors"]) == MAX_FAULTS


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"title=a", b"\xff\xfe\xfa", b"[" * 10_000, b'{"title": "a", "top": ' + b"9" * 5_000 + b"}"],
    ids=["empty", "cut off", "a form", "not UTF-8", "ten thousand deep", "a number of 5,000 digits"],
)
def test_a_body_that_is_not_json_is_refused(client: TestClient, body: bytes) -> None:
    response = post(client, body)
    assert_refused(response, *((422, "validation") if body == b"" else (400, "broken_json")))


def test_a_whole_number_may_be_written_with_a_point(client: TestClient) -> None:
    assert len(post(client, b'{"title": "a", "top": 1.0, "age_min": 1.8e1}').json()["entries"]) == 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none_are_refused(client: TestClient, value: str) -> None:
    assert_refused(post(client, f'{{"title": "a", "age_min": {value}}}'), 422, "validation")


def test_half_a_character_is_refused_wherever_it_stands(client: TestClient) -> None:
    problem = assert_refused(post(client, r'{"title": "a\ud800", "\udfff": 1}'), 422, "validation")
    assert problem["errors"]


@given(body=st.binary(max_size=300))
def test_no_body_is_a_server_error(body: bytes) -> None:
    assert post(_any_client(), body).status_code < 500


@cache
def _any_client() -> TestClient:
    return client_of(TinyAnswers)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_only_json_is_taken(client: TestClient, content_type: str) -> None:
    assert_refused(post(client, b'{"title": "a"}', **{"Content-Type": content_type}), 415, "media_type")


def test_a_charset_beside_json_is_taken(client: TestClient) -> None:
    response = post(client, b'{"title": "a"}', **{"Content-Type": "application/json; charset=utf-8"})
    assert response.status_code == 200


def test_a_large_body_is_refused_by_its_declared_length_before_it_is_read(client: TestClient) -> None:
    problem = assert_refused(post(client, b" " * 20_001), 413, "too_large")
    assert "20 KB" in problem["detail_vi"]


def test_a_body_that_grows_too_large_is_stopped_while_it_arrives() -> None:
    taken, sent = 0, []
    headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": "POST", "path": "/v1/shortlists", "query_string": b"", "headers": headers}

    async def endless() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b" " * 1000, "more_body": True}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app_of(live_model(TinyAnswers))(scope, endless, send))
    assert (sent[0]["status"], taken) == (413, 21)
    assert json.loads(sent[1]["body"])["code"] == "too_large"


def test_a_body_just_within_the_limit_is_taken(client: TestClient) -> None:
    body = b'{"title": "a"}'
    assert post(client, body + b" " * (20_000 - len(body))).status_code == 200


def test_ages_the_wrong_way_round_are_a_refused_brief(client: TestClient) -> None:
    problem = assert_refused(client.post("/v1/shortlists", json={"title": "a", "age_min": 31}), 422, "brief_refused")
    assert "31" in problem["detail_vi"]


def test_a_brief_that_the_matcher_refuses_is_refused_with_its_words(client: TestClient) -> None:
    problem = assert_refused(client.post("/v1/shortlists", json={"title": REFUSED_TITLE}), 422, "brief_refused")
    assert (problem["detail_vi"], problem["detail_en"]) == ("Không nhận ra từ nào.", "No word of it is known.")


@pytest.mark.parametrize("path", ["/v1/creators/nobody", "/v1/creators/%ED%A0%80", "/v1/creators/a%0Ab"])
def test_an_unknown_creator_is_not_found(client: TestClient, path: str) -> None:
    assert_refused(client.get(path), 404, "unknown_creator")


@pytest.mark.parametrize("path", ["/v1/creators/a%00b", "/v1/creators/" + "a" * 201])
def test_what_can_be_no_creator_id_is_refused(client: TestClient, path: str) -> None:
    assert assert_refused(client.get(path), 422, "validation")["errors"][0]["in"] == "path"


@pytest.mark.parametrize("path", ["/nothing", "/v1/shortlists/", "/v1/creators/", "/v1/creators/a/b", "/docs"])
def test_an_unknown_path_is_not_found(client: TestClient, path: str) -> None:
    assert_refused(client.get(path), 404, "unknown_path")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "/v1/shortlists", "GET, POST"), ("DELETE", "/livez", "GET"), ("PUT", "/v1/creators/a", "GET")],
)
def test_a_method_not_allowed_is_told_which_are(client: TestClient, method: str, path: str, allowed: str) -> None:
    response = client.request(method, path)
    assert_refused(response, 405, "method_not_allowed")
    assert response.headers["allow"] == allowed


# Languages


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-GB, vi;q=0.8", "en"),
        ("en;q=0.3, vi-VN;q=0.9", "vi"),
        ("fr, en;q=0.5", "en"),
        ("fr, *", "vi"),
        ("en;q=abc", "vi"),
        ("en;q=0", "vi"),
        ("en; q=0.9, vi ;q=0.1", "en"),
    ],
)
def test_the_reader_chooses_the_language(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_title_and_details_follow_the_language(client: TestClient) -> None:
    response = client.post("/v1/shortlists", json={}, headers={"Accept-Language": "en"})
    problem = assert_refused(response, 422, "validation")
    assert response.headers["content-language"] == "en"
    assert response.headers["vary"] == "Accept-Language"
    assert problem["title"] == "The request does not fit the contract"
    assert problem["detail"] == problem["detail_en"]
    assert problem["errors"][0]["detail"] == "This is required."


# When there is no model, or something breaks


def test_probes_tell_a_running_process_from_a_ready_one() -> None:
    live = LiveModel(MadeModel(TinyAnswers))
    client = client_of(live)
    assert client.get("/livez").json() == {"status": "live"}
    assert assert_refused(client.get("/readyz"), 503, "not_ready")
    live.load()
    assert client.get("/readyz").json() == {"status": "ready", "bundle_id": "0123456789ab"}


@pytest.mark.parametrize("path", ["/readyz", "/v1/models/current", "/v1/creators/a"])
def test_without_a_model_one_is_told_to_come_back(path: str) -> None:
    def none() -> Answers:
        raise BundleMissing("en", "vi")

    response = client_of(none).get(path)
    assert_refused(response, 503, "not_ready")
    assert int(response.headers["retry-after"]) > 0


def test_a_damaged_model_is_not_ready_and_its_folder_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    def damaged() -> Answers:
        raise BundleDamaged("The model bundle /secret/place is damaged.", "Mô hình /secret/place bị hỏng.")

    response = client_of(damaged).post("/v1/shortlists", json={"title": "a"})
    assert_refused(response, 503, "not_ready")
    assert "/secret" not in response.text
    assert "/secret/place is damaged" in caplog.text


class Broken(TinyAnswers):
    def shortlist(self, brief: Brief, k: int, by: str = "fit", filters: Filters = EVERYONE) -> Any:
        raise RuntimeError(f"secret of {brief.title}")


def test_an_unforeseen_error_tells_nothing_but_the_request_id() -> None:
    response = client_of(Broken).post("/v1/shortlists", json={"title": "chuyện riêng"}, headers={"X-Request-ID": "abc"})
    problem = assert_refused(response, 500, "internal")
    assert problem["request_id"] == "abc"
    assert not {"secret", "RuntimeError", "chuyện"} & set(response.text.replace('"', " ").split())


def test_probes_answer_while_a_shortlist_is_being_made() -> None:
    asked, release = threading.Event(), threading.Event()

    class Slow(TinyAnswers):
        def shortlist(self, brief: Brief, k: int, by: str = "fit", filters: Filters = EVERYONE) -> Any:
            asked.set()
            assert release.wait(10)
            return super().shortlist(brief, k, by, filters)

    with client_of(Slow) as client:
        waiting = threading.Thread(target=lambda: client.post("/v1/shortlists", json={"title": "a"}))
        waiting.start()
        assert asked.wait(10)
        status = client.get("/livez").status_code
        release.set()
        waiting.join()
    assert status == 200


# What it is made of


def test_the_committed_description_is_the_services_own() -> None:
    committed = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    own = rendered(bare_app())
    assert committed == own, "run: python -m serving.openapi docs/openapi.json"


def test_the_service_hands_out_its_description(client: TestClient) -> None:
    assert client.get("/openapi.json").json()["components"]["schemas"]["Problem"]["properties"]["detail_vi"]


def test_every_refusal_is_documented() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert [code for code in KINDS if f"`{code}`" not in page] == []


def test_the_requests_in_the_documentation_are_answered(client: TestClient) -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    bodies = [json.loads(block.split("```")[0]) for block in page.split("```json request\n")[1:]]
    assert [client.post("/v1/shortlists", json=body).status_code for body in bodies] == [200] * len(bodies)
    assert bodies


def test_a_serving_process_imports_no_training_library() -> None:
    program = (
        "import sys; import models.matcher; from serving.app import bare_app; bare_app();"
        "heavy = ('torch', 'mlflow', 'sentence_transformers', 'sklearn', 'pyarrow');"
        "print([name for name in heavy if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_every_address_is_documented() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    wanted = [f"`{method} {path}`" for method, path in roles_of(bare_app().routes)]
    assert [line for line in wanted if line not in page] == []
