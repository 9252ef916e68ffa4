from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from homeward.communities.captures import mandate
from homeward.core import WrongUse
from homeward.core.time import utc_now
from homeward.flow.communities import captures, guarding, reports
from homeward.flow.communities.captures import Delivery, Reason
from homeward.flow.ingest import Delivery as Seized
from homeward.flow.ingest import ingest
from homeward.flow.known import add_known_list
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case, series
from homeward.store.models import Item

WHY = Reason("A Person", "the reports of this week")
KNOWN, HELD, NOVEL = (hashlib.md5(name).hexdigest() for name in (b"known", b"a lamp", b"novel"))


def report(number: int, account: str, md5: str, inside: str = "", flags: str = "", mail: str = "") -> str:
    at = (utc_now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"""<report><reportId>{number}</reportId><incidentSummary><incidentDateTime>{at}</incidentDateTime></incidentSummary>
<personOrUserReported><espIdentifier>{account}</espIdentifier><email>{mail or account}@lamps.example</email>
</personOrUserReported>{inside}<fileDetails><originalFileHash hashType="MD5">{md5}</originalFileHash>
<fileViewedByEsp>false</fileViewedByEsp><fileAnnotations>{flags}</fileAnnotations></fileDetails></report>"""


@pytest.fixture
def add(case: Case, tmp_path: Path) -> object:
    def take(label: str, *told: str) -> None:
        file = tmp_path / f"{label}.xml"
        file.write_text(f"<reports>{''.join(told)}</reports>")
        held = mandate(
            utc_now(), authority="W", purpose="reports", method="platform-report", begins="2020-01-01", ends="2020-12-31",
            completeness="100", retain_until="2099-01-01",
        )  # fmt: skip
        captures.add_capture(case, Delivery(file, label, held, "A", site="Lampchat"), Quiet())

    return take


@pytest.fixture
def queue(case: Case, add: object, tmp_path: Path) -> Case:
    (tmp_path / "seized").mkdir()
    (tmp_path / "seized" / "1").write_bytes(b"a lamp")
    ingest(case, [Seized("X", tmp_path / "seized", "W", "")], Quiet(), jobs=1)
    (tmp_path / "known.csv").write_text(f"md5,colour\n{KNOWN},blue\n")
    add_known_list(case, tmp_path / "known.csv", "known", Quiet())
    (item,) = Item.objects.using(case.alias).values_list("id", flat=True)
    series.write(case, [], series.Standing({item: "5" * 64}, []), {}, {}, seen=series.count(case))
    victim = "<victim><victimPerson><email>Otto@lamps.example</email></victimPerson></victim>"
    add(  # type: ignore[operator]
        "one",
        report(1, "anna", KNOWN),
        report(2, "bert", NOVEL, victim),
        report(3, "carl", HELD),
        report(4, "dora", "1" * 32, flags="<possibleSelfProduction/>"),
        report(5, "erna", "2" * 32, mail="otto"),
        report(6, "fred", "3" * 32, flags="<infant/>"),
    )
    return case


def names(rows: list[dict[str, object]]) -> list[list[str]]:
    return [[str(one["id"]) for one in row["reports"]] for row in rows]  # type: ignore[attr-defined]


def test_the_queue_rests_on_what_was_said_and_on_what_the_case_holds(queue: Case) -> None:
    found = reports.listed(queue, WHY)
    assert names(found["queue"]) == [["6"], ["3"], ["2"], ["1"]]
    assert sorted(names(found["protected"])) == [["4"], ["5"]]
    told = {row["reports"][0]["id"]: row for row in found["queue"] + found["protected"]}
    codes = {number: [one["code"] for one in row["why"]] for number, row in told.items()}
    assert codes == {
        "1": ["known", "recent"],
        "2": ["victim", "novel", "recent"],
        "3": ["series", "novel", "recent"],
        "4": ["novel", "recent"],
        "5": ["novel", "recent"],
        "6": ["infant", "novel", "recent"],
    }
    assert [told[number]["reports"][0]["account"] for number in "1245"] == ["anna", "bert", None, None]
    assert all(row["not_viewed_by_provider"] == 1 for row in told.values())
    assert (told["1"]["queue"], told["1"]["audit"], told["3"]["held"]) == ("low", True, 1)
    assert (found["reports"], found["audit"]) == (6, 1)
    with captures.opened(queue, "test", "", WHY, ["reports", "identifiers"]) as (events, _, _):
        row = str(events.rows("SELECT * FROM reports WHERE id = '2'"))
    assert "otto" not in row.casefold()  # who is named as a victim stands nowhere
    assert "bert" in row


def test_what_people_handled_is_out_of_the_way_until_something_joins_it(queue: Case, add: object) -> None:
    first = reports.listed(queue, WHY)["queue"][0]["id"]
    with pytest.raises(WrongUse, match="why nothing"):
        reports.handle(queue, first, " ", WHY)
    with pytest.raises(WrongUse, match="no reports"):
        reports.handle(queue, "no such", "done", WHY)
    assert [reports.handle(queue, first, "passed on to unit 3", WHY) for _ in range(2)] == [1, 0]
    found = reports.listed(queue, WHY)
    assert (names(found["queue"]), found["handled"]) == ([["3"], ["2"], ["1"]], 1)
    assert names(reports.listed(queue, WHY, handled=True)["queue"])[0] == ["6"]
    add("two", report(7, "fred", "4" * 32))  # type: ignore[operator]
    assert names(reports.listed(queue, WHY)["queue"])[0] == ["6", "7"]
    assert reports.handle(queue, first, "a mistake", WHY, lifted=True) == 1
    assert verify(queue, Quiet()).faults == []


def test_a_report_in_pieces_is_whole_and_those_without_a_number_are_not_one(queue: Case, add: object) -> None:
    piece = '<fileDetails><reportId>{}</reportId><originalFileHash hashType="MD5">{}</originalFileHash></fileDetails>'
    add("pieces", *(piece.format(50, digit * 32) for digit in "678"))  # type: ignore[operator]
    add("again", piece.format(50, "6" * 32), report(2, "bert", "9" * 32))  # type: ignore[operator]
    for label, digit in (("left", "a"), ("right", "b")):
        add(label, piece.format("", digit * 32))  # type: ignore[operator]
    found = reports.listed(queue, WHY)
    files = {row["reports"][0]["id"]: row["files"] for row in found["queue"]}
    assert (files["50"], files["2"]) == (3, 2)
    assert sum(number.startswith("without number") for number in files) == 2


def test_a_report_in_two_captures_counts_once_and_goes_with_the_last(queue: Case, add: object) -> None:
    add("two", report(1, "anna", KNOWN), report(8, "hans", "5" * 32))  # type: ignore[operator]
    assert reports.listed(queue, WHY)["reports"] == 7
    captures.expire(queue, ["one"], "over")
    assert sorted(names(reports.listed(queue, WHY)["queue"])) == [["1"], ["8"]]
    captures.expire(queue, ["two"], "over")
    assert reports.listed(queue, WHY)["reports"] == 0


def test_an_account_that_may_be_a_childs_is_in_no_ranking_and_no_list(queue: Case, add: object) -> None:
    """Also where only the shorter of two deliveries of its report says so."""
    age = "</espIdentifier><personOrUserReportedPerson><age>15</age></personOrUserReportedPerson>"
    add("young", report(9, "gina", "7" * 32).replace("</espIdentifier>", age))  # type: ignore[operator]
    add("fuller", report(9, "gina", "7" * 32, inside=f"<additionalInfo/>{'<victim/>' * 9}"))  # type: ignore[operator]
    found = reports.listed(queue, WHY)
    (row,) = [row for row in found["protected"] if row["reports"][0]["id"] == "9"]
    assert (row["reports"][0]["account"], row["reports"][0]["flags"]) == (None, ["underAge"])
    with captures.opened(queue, "test", "", WHY, guarding.NEEDED) as (events, standing, _):
        hidden = guarding.guard(queue, events, standing)
        assert [hidden("Lampchat", name) for name in ("gina", "GINA", "anna")] == [True, True, False]


NAMED = """<report><reportId>{}</reportId><personOrUserReported><espIdentifier>{}</espIdentifier><screenName>{}</screenName>
</personOrUserReported><fileDetails><originalFileHash hashType="MD5">{}</originalFileHash>{}</fileDetails></report>"""


def test_an_account_is_protected_by_every_name_that_its_provider_gives_it(case: Case, add: object) -> None:
    """By its number alone an account that was protected by the name it shows stayed in the queue, and a child's in lists."""
    child = "<fileAnnotations><possibleSelfProduction/></fileAnnotations>"
    add("one", NAMED.format(1, "4711", "mara", "1" * 32, ""), NAMED.format(2, "4712", "tern", "2" * 32, child))  # type: ignore[operator]
    assert names(reports.listed(case, WHY)["protected"]) == [["2"]]
    captures.protect(case, "Lampchat", "Mara", "may be a child", "A Person")
    found = reports.listed(case, WHY)
    assert (sorted(names(found["protected"])), found["queue"]) == ([["1"], ["2"]], [])
    with captures.opened(case, "a test", "", WHY, guarding.NEEDED) as (events, standing, _):
        guarded = guarding.guard(case, events, standing)
    assert [guarded("Lampchat", name) for name in ("4711", "mara", "4712", "TERN", "bert")] == [False, True, True, True, False]
