"""Questions of several parts: every part holds, in the order of the one that ranks; kept by the person who asked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import asin, cos, radians, sin, sqrt
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shown_case import fill, hold, sha, stack

from homeward.core import WrongUse
from homeward.flow.clues import clue_ledger
from homeward.flow.finding.asking import Answers
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.flow.workbench import finding
from homeward.flow.workbench.finding import LONGEST, Question, find, question
from homeward.review.bench import Workbench
from homeward.store import Case, searches, series
from homeward.store.erasure import left
from homeward.store.ledger import decode


class Told(NamedTuple):
    """What a picture says of itself."""

    camera: tuple[str, str, str] | None
    taken: str
    place: tuple[float, float] | None


PICTURES = {
    "holiday/a.jpg": Told(("Halden", "H2", "H2-1"), "2014:05:31 23:59:59", (48.2, 16.37)),
    "holiday/B.jpg": Told(("Halden", "H2", "H2-2"), "2014:06:01 00:00:00", (48.21, 16.37)),
    "old/a.jpg": Told(("Vista", "50", "H2-1"), "2013:01:01 10:00:00", (-33.9, 151.2)),
    "old/holiday.png": Told(("Vista", "50", "9"), "", (48.2, -179.99)),
    "new/c.jpg": Told(None, "2015:12:31 08:00:00", None),
    "new/d.jpg": Told(None, "", (48.2, 179.99)),
}


@pytest.fixture(scope="module")
def items(case: Case) -> dict[str, int]:
    metadata: dict[str, dict[str, Any]] = {}
    for name, told in PICTURES.items():
        made, place = told.camera or ("", "", ""), told.place or (0.0, 0.0)
        metadata[name] = {
            **({"make": made[0], "model": made[1], "body_serial": made[2]} if told.camera else {}),
            **({"taken": {"text": told.taken, "offset": "", "subsec": ""}} if told.taken else {}),
            **({"place": {"latitude": place[0], "longitude": place[1], "altitude": None, "time": ""}} if told.place else {}),
        }
    held = fill(case, "A", list(PICTURES), {}, metadata=metadata)
    hold(case, (held["old/a.jpg"], held["new/c.jpg"]))
    return held


def test_words_that_stand_in_many_pictures_are_cut_off_nowhere(
    case: Case, items: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other parts of a question leave is all there is, not what is left of the best."""
    monkeypatch.setattr(finding, "TOP", 2)
    for name in items:
        clue_ledger.sight(case, "text", "Hotel Bristol", sha(name), None, None, "Ines", "")
    asked = Question(text="hotel bristol", path="old/")
    told = find(case, asked, lambda word: [])
    assert sorted(told.items) == sorted([items["old/a.jpg"], items["old/holiday.png"]])


def kilometres(here: tuple[float, float], there: tuple[float, float]) -> float:
    a, b = radians(here[0]), radians(there[0])
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(there[1] - here[1]) / 2) ** 2
    return 2 * 6371 * asin(sqrt(half))


def holds(case: Case, held: dict[str, int], name: str, asked: Question) -> bool:
    """The same, slowly."""
    told, members = PICTURES[name], series.members(case)
    camera = " ".join(told.camera or ()).lower()
    where = tuple(map(float, asked.near.split(","))) if asked.near else ()
    return all([
        not asked.path or asked.path.lower() in f"A > {name}".lower(),
        not asked.camera or all(one in camera for one in asked.camera.split()),
        not asked.since or told.taken >= asked.since.replace("-", ":") > "",
        not asked.until or "" < told.taken[: len(asked.until)] <= asked.until.replace("-", ":"),
        not where or (told.place is not None and kilometres(where[:2], told.place) <= where[2]),  # type: ignore[arg-type]
        not asked.hash or sha(name).startswith(asked.hash),
        not asked.series or members.get(held[name], "").startswith(asked.series),
        not asked.list,
    ])  # fmt: skip


QUESTIONS = st.builds(
    Question,
    path=st.sampled_from(["", "", "holiday", "HOLIDAY/", "a.jpg", "A > old", "%", "_", "nowhere"]),
    camera=st.sampled_from(["", "", "halden", "h2 halden", "h2-1", "vista 9"]),
    since=st.sampled_from(["", "", "2014", "2014-06", "2014-06-01"]),
    until=st.sampled_from(["", "", "2014", "2014-05", "2014-05-31"]),
    near=st.sampled_from(["", "", "48.2,16.37,1.0", "48.2,16.37,2", "48.2,-179.99,3", "0,0,20000"]),
    hash=st.sampled_from(["", "", sha("old/a.jpg")[:10], sha("new/d.jpg")]),
    series=st.sampled_from(["", "", sha("holiday/a.jpg")[:4], "f" * 12]),
    list=st.sampled_from(["", "", "", "none"]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(asked=QUESTIONS)
def test_every_part_holds(case: Case, items: dict[str, int], asked: Question) -> None:
    said = {key: value for key in asked.__struct_fields__ if (value := getattr(asked, key))}
    assert question(urlencode(said)) == asked
    found = find(case, asked, list)
    expected = {items[name] for name in PICTURES if said and holds(case, items, name, asked)}
    assert set(found.items) == expected
    assert len(found.items) == len(expected)


def test_the_part_that_ranks_decides_on_the_order(case: Case, items: dict[str, int]) -> None:
    names = ["old/holiday.png", "new/c.jpg", "holiday/a.jpg", "old/a.jpg"]
    rows = [{"sha256": sha(name), "score": 5, "log10_lr": 1.0, "reason": name} for name in [*names, names[0]]]
    found = find(case, Question(asked="x", path="holiday"), lambda word: rows if word == "x" else [])
    assert found.ranked
    assert [found.words[item] for item in found.items] == ["log10 LR +1.0: old/holiday.png", "log10 LR +1.0: holiday/a.jpg"]


def test_answers_that_are_cut_off_are_said_to_be(
    bench: Workbench, client: Callable[..., Any], items: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "TOP", 2)
    names = ["old/holiday.png", "new/c.jpg", "holiday/a.jpg"]
    for count, looked, told in ((3, 1000, 2), (2, 0, 0)):
        rows = Answers({"sha256": sha(name), "score": 5, "log10_lr": 1.0, "reason": name} for name in names[:count])
        rows.looked = looked
        monkeypatch.setattr(bench.handed, "_answers", OrderedDict(word=rows))
        answer = client("viewer").post("/api/grids", {"queue": "find:asked=word"}, "application/json").json()
        assert (answer["count"], answer["looked"], answer["told"]) == (2, looked, told)
    unasked = client("viewer").post("/api/grids", {"queue": "find:path=holiday"}, "application/json").json()
    assert (unasked["looked"], unasked["told"]) == (0, 0)


@pytest.mark.parametrize(
    "query",
    ["nothing=1", "path=a&path=b", "near=1", "near=91,0,1", "since=May", "hash=xyz", f"hash={'0' * 7}", "path=%00", "like=1",
     f"path={'a' * LONGEST}", "until=2014-6", "asked=gone",
     "path=a&\0", "\u202e"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(bench: Workbench, case: Case, items: dict[str, int], query: str) -> None:
    with pytest.raises(WrongUse):
        find(case, question(query), bench.handed.answers)


def test_answers_are_stacks_in_a_list(bench: Workbench, client: Callable[..., Any], case: Case, items: dict[str, int]) -> None:
    stack(case, [items["old/a.jpg"], items["holiday/a.jpg"]])
    viewer = client("viewer")
    answer = viewer.post("/api/grids", {"queue": "find:path=holiday"}, "application/json")
    assert (answer.json()["count"], answer.json()["ranked"]) == (3, False)
    assert viewer.post("/api/grids", {"queue": "find:"}, "application/json").json()["count"] == 0
    assert viewer.post("/api/grids", {"queue": "find:near=1"}, "application/json").status_code == 400
    words = viewer.get(f"/api/grids/{answer.json()['id']}/words/0")
    assert words.json() == {"words": ""}
    assert viewer.get(f"/api/grids/{answer.json()['id']}/words/3").status_code == 400


def test_a_person_keeps_questions_of_their_own(
    bench: Workbench, client: Callable[..., Any], case: Case, items: dict[str, int]
) -> None:
    viewer, lead = client("viewer"), client("lead")

    def keep(browser: Any, name: str, query: str) -> Any:
        return browser.post("/api/find/kept", {"name": name, "query": query}, "application/json")

    keep(viewer, "old ones", "path=old")
    keep(viewer, "here", "near=48.2,16.37,5")
    assert keep(viewer, "old ones", "until=2013").json()["kept"] == [
        {"name": "here", "query": "near=48.2,16.37,5"}, {"name": "old ones", "query": "until=2013"},
    ]  # fmt: skip
    assert lead.get("/api/find/choices").json()["kept"] == []
    assert [one["name"] for one in keep(viewer, "here", "").json()["kept"]] == ["old ones"]
    assert keep(viewer, "x", "nothing=1").status_code == 400
    assert keep(viewer, " ", "path=a").status_code == 400
    assert keep(viewer, "x", "\0").status_code == 400
    told = [entry for _, body in case.custody.entries() if (entry := decode(body)).act == "search"]
    assert [case.custody.names(one.seq)["who"] for one in told] == ["viewer"] * 4
    assert searches.kept(case, told[0].details["person"]) == {"old ones": "until=2013"}  # type: ignore[arg-type]
    assert verify(case, Quiet()).faults == []


def test_a_name_in_a_question_that_is_kept_is_found_when_it_is_erased(new_case: Case) -> None:
    searches.keep(new_case, ("0" * 16, "Ines"), "them", urlencode({"text": "Jörg Muster"}))
    assert left(new_case, "Jörg Muster") == {"searches that people keep": 1}
