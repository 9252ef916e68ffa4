"""Every endpoint with made-up requests, of the described shape and of none: no failure of ours, and nothing without a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from bench_people import somebody
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from shown_case import fill, hold

from homeward.flow.workbench import tokens
from homeward.flow.workbench.grading import scheme
from homeward.flow.workbench.people import DECIDE, GRADE, LOOK
from homeward.review.application import BENCH, application
from homeward.review.bench import Workbench
from homeward.store import Case

pytestmark = pytest.mark.slow
CASES = settings(
    max_examples=15, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
OPEN = {"/api/session", "/api/session/link"}
"""Where people come in."""


@pytest.fixture
def bench(new_case: Case) -> Iterator[Workbench]:
    items = fill(new_case, "A", list("abcdef"), {"film": 3}, {"a": "1", "b": "1", "c": "2", "d": "2"})
    hold(new_case, (items["a"], items["c"]))
    with Workbench(new_case, scheme=scheme()) as made:
        application(made)
        yield made


def by_token(bench: Workbench) -> dict[str, str]:
    """What a request says of who asks, as WSGI names it."""
    word, _ = tokens.make(bench.case, somebody(bench, "lead"), "fuzzing", [LOOK, GRADE, DECIDE], 1)
    return {"HTTP_AUTHORIZATION": f"Bearer {word}"}


def by_session(bench: Workbench) -> dict[str, str]:
    from django.test import Client

    browser = Client(SERVER_NAME="127.0.0.1", **{BENCH: bench})
    browser.post("/api/session/link", {"word": bench.link(somebody(bench, "lead"))}, "application/json")
    page = browser.get("/me").content.decode()
    cookies = "; ".join(f"{name}={one.value}" for name, one in browser.cookies.items())
    return {"HTTP_COOKIE": cookies, "HTTP_X_CSRFTOKEN": page.partition('name="csrf" content="')[2].partition('"')[0]}


@pytest.mark.parametrize(
    ("come", "mode"),
    [(by_token, GenerationMode.POSITIVE), (by_token, GenerationMode.NEGATIVE), (by_session, GenerationMode.POSITIVE)],
    ids=["token", "token and wrong shapes", "session"],
)
def test_no_request_makes_it_fail(bench: Workbench, come: Callable[[Workbench], Any], mode: GenerationMode) -> None:
    answering, who = application(bench), come(bench)
    nobody: dict[str, Any] = {"HTTP_AUTHORIZATION": None, "HTTP_COOKIE": None}
    said = who

    def app(environ: dict[str, Any], start: Any) -> Any:
        environ |= {**nobody, **said, "HTTP_HOST": "127.0.0.1"}
        return answering({name: one for name, one in environ.items() if one is not None}, start)

    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    seen = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if come is by_session and operation.path in OPEN:
            continue  # by which the session would end

        @CASES
        @given(operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal said
            for said in ({}, who):
                status = case.call().status_code
                assert status < 500, (case.as_curl_command(), status)
                refused = case.operation.path in OPEN or status in {401, 403, 404, 405}
                assert refused if not said else status != 401, (case.as_curl_command(), status)

        try:
            ask()
        except Unsatisfiable:  # what has no parts has no wrong ones
            assert mode is GenerationMode.NEGATIVE
        said = who
        seen += 1
    assert seen > 20
