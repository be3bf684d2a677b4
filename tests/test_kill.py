"""kill -9 at random moments of a load of decisions: nothing that was acknowledged is lost, nothing is there twice.

`KOLMATCH_TEST_KILLS=100 pytest tests/test_kill.py --log-cli-level=INFO` kills so often per database, in minutes.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from serving.store import audit, schema
from serving.store.database import Store
from tests.api_world import key_of

ROOT: Final = Path(__file__).parents[1]
KILLS: Final = int(os.environ.pop("KOLMATCH_TEST_KILLS", "4"))
WRITERS: Final = 4
LATEST_S: Final = 0.8  # of the moments at which the service is killed, counted from its first answer
WAIT_S: Final = 60.0
Headers = dict[str, str]
log = logging.getLogger(__name__)

PROGRAM: Final = """
import sys
from kolmatch.cli.service import listen, make_server, run_until_stopped
from kolmatch.settings import AccessSettings, Settings
from serving.answers import LiveModel
from serving.app import service_of
from serving.store.database import Store
from tests.api_world import MadeModel, TinyAnswers

settings = Settings(access=AccessSettings(requests_per_minute=10**9))
service = service_of(LiveModel(MadeModel(TinyAnswers)), Store.at(sys.argv[1], busy_timeout_s=30), settings)
service.live.load()
listener = listen("127.0.0.1", 0, demo=True)
print(listener.getsockname()[1], flush=True)
run_until_stopped(make_server(service), service.live, listener)
"""


@dataclass(slots=True)
class Create:
    """A create with its key, and what was answered; None when the service died first."""

    path: str
    key: str
    body: dict[str, Any]
    answer: dict[str, Any] | None = None


@dataclass(slots=True)
class Writer:
    """Creates one thing after another on one connection until the service dies."""

    port: int
    headers: Headers
    brief_id: str
    name: str
    sent: list[Create] = field(default_factory=list)

    def run(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)) as connection:
            try:
                while True:
                    self.sent.append(self._next())
                    status, _, self.sent[-1].answer = post(connection, self.sent[-1], self.headers)
                    assert status == 201, self.sent[-1]
            except (OSError, http.client.HTTPException):
                return

    def _next(self) -> Create:
        number = len(self.sent)
        key = f"{self.name}:{number}"
        if number % 10 == 9:
            return Create("/v1/shortlists", key, {"title": f"Dịch vụ công {key}"})
        body = {"brief_id": self.brief_id, "creator_id": f"c{number}", "decision": "invited", "decided_by": "Lê An"}
        return Create("/v1/decisions", key, {**body, "reason": f"phù hợp, {key}"})


def post(connection: http.client.HTTPConnection, create: Create, headers: Headers) -> tuple[int, bool, dict[str, Any]]:
    """Status, whether it was answered before, and the answer."""
    told = {**headers, "Content-Type": "application/json", "Idempotency-Key": create.key}
    connection.request("POST", create.path, json.dumps(create.body), told)
    response = connection.getresponse()
    return response.status, response.headers["Idempotency-Replayed"] == "true", json.loads(response.read())


def get(connection: http.client.HTTPConnection, path: str, headers: Headers) -> dict[str, Any]:
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    assert response.status == 200
    found: dict[str, Any] = json.loads(response.read())
    return found


@contextmanager
def serving(url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, url], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def new_brief(port: int, headers: Headers) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)) as connection:
        _, _, answer = post(connection, Create("/v1/briefs", os.urandom(8).hex(), {"title": "Dịch vụ công"}), headers)
    return str(answer["brief_id"])


@dataclass(frozen=True, slots=True)
class Round:
    """What one load was about, and everything that was sent until the service was killed."""

    brief_id: str
    sent: list[Create]


def killed_under_load(process: subprocess.Popen[str], port: int, headers: Headers, kill: int, after_s: float) -> Round:
    brief_id = new_brief(port, headers)
    writers = [Writer(port, headers, brief_id, f"{kill}.{number}") for number in range(WRITERS)]
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    time.sleep(after_s)
    process.kill()
    for thread in threads:
        thread.join()
    return Round(brief_id, [create for writer in writers for create in writer.sent])


def check_all_there(port: int, headers: Headers, last: Round) -> None:
    """Everything is sent again: what was acknowledged is answered as it was, what was cut off is created now."""
    decided: list[str] = []
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)) as connection:
        for create in last.sent:
            status, replayed, answer = post(connection, create, headers)
            assert status == 201
            if create.answer is not None:
                assert (replayed, answer) == (True, create.answer)
            if create.path == "/v1/decisions":
                decided.append(answer["decision_id"])
            else:
                assert get(connection, f"/v1/shortlists/{answer['shortlist_id']}", headers) == answer
        assert sorted(decided) == sorted(kept_decisions(connection, headers, last.brief_id))


def kept_decisions(connection: http.client.HTTPConnection, headers: Headers, brief_id: str) -> Iterator[str]:
    cursor = ""
    while True:
        page = get(connection, f"/v1/decisions?limit=100&brief_id={brief_id}{cursor}", headers)
        yield from (item["decision_id"] for item in page["items"])
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


def test_nothing_acknowledged_is_lost_when_the_service_is_killed(database_url: str) -> None:
    rng = np.random.default_rng(20261123)
    store = Store.at(database_url, busy_timeout_s=30)
    schema.upgrade(store)
    headers = key_of(store, "staff", at=datetime.now(UTC))
    rounds: list[Round] = []
    for kill in range(KILLS):
        with serving(database_url) as (process, port):
            if rounds:
                check_all_there(port, headers, rounds[-1])
            rounds.append(killed_under_load(process, port, headers, kill, float(rng.uniform(0.05, LATEST_S))))
        with store.reading() as session:
            audit.verify(session)
    with serving(database_url) as (_process, port):
        check_all_there(port, headers, rounds[-1])
    answers = [create.answer is not None for one in rounds for create in one.sent]
    with store.reading() as session:
        assert audit.verify(session).number >= len(answers)
    store.close()
    log.info("%d kills, %d acknowledged, %d cut off", KILLS, sum(answers), len(answers) - sum(answers))
    assert sum(answers) > KILLS
