"""Occurrences are registered once, superseded only by what could not be read before, and never silently replaced."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import Popen

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_makers import digests, exhibit, row

from homeward.core import StackedPath
from homeward.core.time import Moment
from homeward.store import Case, reads
from homeward.store.intake import MANIFEST, Note, OccurrenceRow, Taken, compare_claims, manifest_digest, path_key, take
from homeward.store.ledger import decode
from homeward.store.models import Finding, Item, Occurrence, Source


def register(case: Case, *rows: OccurrenceRow, label: str = "EX-1", notes: tuple[Note, ...] = ()) -> Taken:
    return take(case, exhibit(case, label), {one.source: "stamp" for one in rows}, rows, notes)


def manifests_agree(case: Case) -> bool:
    """Whether every ingest entry still describes the rows that refer to it."""
    for seq, body in case.custody.entries():
        entry = decode(body)
        if entry.act == "ingest.batch":
            rows = Occurrence.objects.using(case.alias).filter(batch=seq).values_list(*MANIFEST)
            if (manifest_digest(rows), len(rows)) != (entry.details["manifest"], entry.details["occurrences"]):
                return False
    return True


def current(case: Case) -> dict[str, str | None]:
    rows = Occurrence.objects.using(case.alias).filter(current=True)
    return dict(rows.order_by("path").values_list("path", "item__sha256"))


def test_the_same_content_in_many_places_is_one_item(case: Case) -> None:
    taken = register(case, row("a.png"), row("b.zip", "c.png"), row("d.png", content=b"other"))
    assert (taken.occurrences, taken.items, taken.notes) == (3, 2, [])
    assert current(case) == {
        "a.png": digests(b"content").sha256,
        "b.zip > c.png": digests(b"content").sha256,
        "d.png": digests(b"other").sha256,
    }
    assert manifests_agree(case)


def test_registering_again_changes_nothing(case: Case) -> None:
    register(case, row("a.png"), row("b.png", content=None))
    entries = len(list(case.custody.entries()))
    again = register(case, row("a.png"), row("b.png", content=None))
    assert (again.occurrences, again.items, again.notes) == (0, 0, [])
    assert len(list(case.custody.entries())) == entries


def test_the_same_path_in_another_exhibit_is_another_occurrence(case: Case) -> None:
    register(case, row("a.png"))
    assert register(case, row("a.png", content=b"other"), label="EX-2").occurrences == 1
    assert Finding.objects.using(case.alias).count() == 0


def test_what_could_not_be_read_and_can_now_is_superseded_and_kept(case: Case) -> None:
    register(case, row("a.png", content=None))
    assert register(case, row("a.png")).occurrences == 1
    assert current(case) == {"a.png": digests(b"content").sha256}
    kept = Occurrence.objects.using(case.alias).order_by("id").values_list("current", "readable", "reason")
    assert list(kept) == [(False, False, "the archive ends early"), (True, True, "")]
    assert manifests_agree(case)


def test_what_could_be_read_and_cannot_now_stays(case: Case) -> None:
    register(case, row("a.png"))
    for _ in range(2):
        taken = register(case, row("a.png", content=None))
        assert taken.occurrences == 0
        assert [(note.kind, str(note.path)) for note in taken.notes] == [("evidence unreadable", "a.png")]
        assert taken.replaced == {"a.png"}
    assert len(reads.findings(case)) == 1
    assert current(case) == {"a.png": digests(b"content").sha256}


def test_replaced_evidence_is_a_finding_and_the_first_row_stays(case: Case) -> None:
    register(case, row("a.png"))
    (note,) = register(case, row("a.png", content=b"other")).notes
    assert (note.kind, str(note.path)) == ("evidence replaced", "a.png")
    assert digests(b"content").sha256[:16] in note.text
    assert digests(b"other").sha256[:16] in note.text
    assert current(case) == {"a.png": digests(b"content").sha256}
    again = register(case, row("a.png", content=b"other"))
    assert again.notes == [note]  # known, and said again as long as it is so
    assert again.replaced == {"a.png"}
    assert Item.objects.using(case.alias).count() == 1  # what took its place was registered nowhere
    (found,) = reads.findings(case)
    assert (found["kind"], found["paths"]) == ("evidence replaced", ["a.png"])
    assert manifests_agree(case)


def test_a_container_that_can_be_opened_at_last_is_superseded(case: Case) -> None:
    closed = row("a.dmg", kind="", readable=False, reason="DMG images need the extra")
    register(case, closed)
    assert register(case, closed).occurrences == 0
    assert register(case, row("a.dmg", kind=""), row("a.dmg", "b.png", content=b"inside")).occurrences == 2
    kept = Occurrence.objects.using(case.alias).order_by("id").values_list("path", "current", "readable")
    assert list(kept) == [("a.dmg", False, False), ("a.dmg", True, True), ("a.dmg > b.png", True, True)]
    assert register(case, closed).notes == []  # the other way round it is the machine that changed, not the evidence
    assert manifests_agree(case)


def test_a_row_is_not_lost_to_a_later_one_of_its_batch(case: Case) -> None:
    taken = register(case, row("a.png"), row("a.png", content=None), row("a.png", content=b"other"))
    assert current(case) == {"a.png": digests(b"content").sha256}
    assert [note.kind for note in taken.notes] == ["evidence unreadable", "evidence replaced"]


def test_a_claim_that_differs_is_found_once(case: Case) -> None:
    register(case, row("a.png"), row("b.png", content=None))
    right, wrong = digests(b"content").md5, digests(b"other").md5
    claims = {"a.png": [("md5", right), ("sha1", wrong)], "b.png": [("md5", right)], "gone.png": [("md5", right)]}
    notes = compare_claims(case, exhibit(case), claims)
    assert [(note.kind, str(note.path)) for note in notes] == [
        ("claim differs", name) for name in ("a.png", "b.png", "gone.png")
    ]
    assert f"measured: {digests(b'content').sha1}" in notes[0].text
    assert "it is not there" in notes[2].text
    assert compare_claims(case, exhibit(case), claims) == []


def test_a_stamp_says_that_a_source_was_read_to_its_end(case: Case) -> None:
    one = exhibit(case)
    take(case, one, {}, [row("a.zip", "1.png")])
    assert reads.stamps(case, one.pk) == {}
    take(case, one, {"a.zip": "size and time"}, [row("a.zip", "2.png", content=b"2")])
    assert reads.stamps(case, one.pk) == {"a.zip": "size and time"}
    assert Source.objects.using(case.alias).count() == 1


def test_a_batch_that_fails_registers_nothing(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OSError("no space left on device")

    exhibit(case)
    before = len(list(case.custody.entries()))
    monkeypatch.setattr(case.custody, "append", refuse)
    with pytest.raises(OSError, match="no space"):
        register(case, row("a.png"))
    monkeypatch.undo()
    assert (Occurrence.objects.using(case.alias).count(), Item.objects.using(case.alias).count()) == (0, 0)
    assert len(list(case.custody.entries())) == before


def test_more_rows_than_one_statement_holds(case: Case) -> None:
    rows = [row(f"{n:05d}.png", content=str(n % 700).encode()) for n in range(1800)]
    taken = register(case, *rows)
    assert (taken.occurrences, taken.items) == (1800, 700)
    assert register(case, *rows).occurrences == 0
    assert manifests_agree(case)


def test_a_changed_row_no_longer_fits_its_entry(case: Case) -> None:
    register(case, row("a.png"), row("b.png", content=b"other"))
    assert manifests_agree(case)
    Occurrence.objects.using(case.alias).filter(path="a.png").update(deleted=True)
    assert not manifests_agree(case)


layer = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.binary(min_size=1, max_size=6).map(
    lambda raw: raw.decode("utf-8", "surrogateescape")
)
moment = st.none() | st.builds(Moment, st.integers(-(2**62), 2**62), st.booleans())


@given(st.lists(st.tuples(st.lists(layer, min_size=1, max_size=3), st.binary(max_size=2), moment), max_size=6))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_and_time_is_kept_and_vouched_for(case: Case, found: list[tuple[list[str], bytes, Moment | None]]) -> None:
    before = len(current(case))
    known = set(current(case))
    rows = {}
    for layers, content, when in found:
        made = row(*layers, content=content, modified=when)
        path = str(made.path)
        if path not in known:
            rows[path] = OccurrenceRow(
                **{name: getattr(made, name) for name in made.__struct_fields__} | {"source": "disk.img"}
            )
    taken = register(case, *rows.values())
    assert taken.occurrences == len(rows)
    assert len(current(case)) == before + len(rows)
    for path, one in rows.items():
        stored = Occurrence.objects.using(case.alias).get(key=path_key(path))
        assert StackedPath.parse(stored.path) == one.path
        assert stored.modified == (one.modified.ns if one.modified else None)
    assert manifests_agree(case)


def test_processes_that_register_the_same_at_once_register_it_once(case: Case, elsewhere: Callable[[str], Popen[str]]) -> None:
    exhibit(case)
    code = (
        "from store_makers import exhibit, row\nfrom homeward.store.intake import take\n"
        "rows = [row(f'{n}.png', content=str(n % 9).encode()) for n in range(40)]\n"
        "for at in range(0, 40, 8):\n"
        "    take(case, exhibit(case), {one.source: 'stamp' for one in rows[at : at + 8]}, rows[at : at + 8])\n"
    )
    workers = [elsewhere(code) for _ in range(3)]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert (len(current(case)), Item.objects.using(case.alias).count()) == (40, 9)
    assert Occurrence.objects.using(case.alias).count() == 40
    assert manifests_agree(case)
    assert case.custody.check((), lambda entry: ())[1] == []
