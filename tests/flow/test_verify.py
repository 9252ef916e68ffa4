"""Whatever is changed in a case behind its back, or in the evidence, is found and named."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from worked_case import changed, work

from homeward.flow.ingest import Delivery, ingest
from homeward.flow.progress import Quiet
from homeward.flow.verify import verify
from homeward.store import Case, CaseDamaged, StoreError, reads
from homeward.store.custody import ERASED
from homeward.store.models import Exhibit
from homeward.store.segments import FULL


@pytest.fixture(scope="module")
def open_case(made_material: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A case that has been through everything; whatever is changed in it is undone."""
    home = tmp_path_factory.mktemp("verify")
    with Case.create(home / "worked", "Test Unit") as case:
        work(case, made_material, home)
        case.custody.publish()
        yield case


@pytest.fixture(scope="module")
def closed(made_material: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, closed, with its material beside it; to be copied."""
    home = tmp_path_factory.mktemp("closed")
    shutil.copytree(made_material, home / "material")
    with Case.create(home / "worked", "Test Unit") as case:
        work(case, home / "material", home)
    return home / "worked"


@pytest.fixture
def folder(closed: Path, material: Path, tmp_path: Path) -> Path:
    """A copy of it for one test, whose material is the test's own."""
    shutil.copytree(closed, tmp_path / "worked")
    with Case.open(tmp_path / "worked") as case:
        ingest(case, [Delivery("A", material, "W", "")], Quiet())
    return tmp_path / "worked"


def _faults(folder: Path, *, full: bool = False) -> str:
    """What a check says; that a damaged case cannot be closed in order hides nothing of it."""
    found: list[str] = []
    with contextlib.suppress(CaseDamaged), Case.open(folder) as case:
        found += verify(case, Quiet(), full=full).faults
    return "\n".join(found)


def test_an_untouched_case_has_no_fault(folder: Path) -> None:
    assert _faults(folder, full=True) == ""
    assert FULL > 0


CHANGES = [
    ("UPDATE homeward_occurrence SET path = 'other.jpg' WHERE id = 2", "occurrences"),
    ("UPDATE homeward_occurrence SET deleted = 1 WHERE id = 1", "occurrences"),
    ("UPDATE homeward_occurrence SET batch = 0 WHERE id = 1", "occurrence"),
    ("UPDATE homeward_item SET md5 = '0' WHERE id = 1", "occurrences"),
    ("UPDATE homeward_media SET damage = 'x' WHERE id = 1", "decoded"),
    ("UPDATE homeward_media SET facts = '{}' WHERE id = 1", "decoded"),
    ("DELETE FROM homeward_media WHERE id = 1", "decoded"),
    ("UPDATE homeward_header SET body_serial = '1' WHERE id = 1", "headers"),
    ("UPDATE homeward_header SET origin = 'camera' WHERE id = 2", "headers"),
    ("DELETE FROM homeward_header WHERE id = 1", "headers"),
    ("UPDATE homeward_knownentry SET series = 'cd'", "step match"),
    ("UPDATE homeward_knownentry SET extra = '{}'", "step match"),
    ("UPDATE homeward_knownlist SET name = 'other'", "known list"),
    ("UPDATE homeward_knownlist SET purpose = 'negative'", "known list"),
    ("UPDATE homeward_knownlist SET state = 'removed'", "known list"),
    ("UPDATE homeward_knownword SET reason = 'other'", "about a hash"),
    ("DELETE FROM homeward_knownword", "about a hash"),
    ("UPDATE homeward_finding SET text = 'all is well'", "the findings that ledger entry"),
    (
        "UPDATE homeward_finding SET occurrence_id = (SELECT max(id) FROM homeward_occurrence o WHERE o.id <> occurrence_id)",
        "the findings that ledger entry",
    ),
    ("UPDATE homeward_finding SET batch = NULL", "no ledger entry vouches for some rows (finding)"),
    ("UPDATE homeward_finding SET batch = 0", "finding rows say that ledger entry 0"),
    ("DELETE FROM homeward_finding", "the findings that ledger entry"),
    ("UPDATE homeward_job SET reason = 'x' WHERE state = 'failed'", "the outcomes that ledger entry"),
    ("UPDATE homeward_job SET state = 'done' WHERE state = 'failed'", "the outcomes that ledger entry"),
    ("UPDATE homeward_job SET state = 'failed' WHERE state = 'done'", "the outcomes that ledger entry"),
    ("UPDATE homeward_job SET batch = 1 WHERE state = 'failed'", "outcome rows say that ledger entry 1"),
    ("DELETE FROM homeward_job WHERE state = 'failed'", "the outcomes that ledger entry"),
    ("UPDATE homeward_segmentrun SET first = first + 1 WHERE id = 1", "segment"),
    ("DELETE FROM homeward_stackmember", "step stack"),
    ("UPDATE homeward_copymember SET map = '1 0 0 0 1 0'", "step copies"),
    ("UPDATE homeward_ledgerentry SET body = replace(CAST(body AS TEXT), 'ingest', 'Ingest') WHERE seq = 2", "ledger entry 2"),
    ("DELETE FROM homeward_ledgerentry WHERE seq = 1", "ledger entry 1"),
    ("DELETE FROM homeward_ledgerhead", "entries lie outside of what the ledger says"),
    ("DELETE FROM homeward_ledgerentry WHERE seq = (SELECT max(seq) FROM homeward_ledgerentry)", "entries were removed"),
    ("UPDATE homeward_ledgerentry SET body = 'x' WHERE seq = (SELECT max(seq) FROM homeward_ledgerentry)", "was changed"),
    ("UPDATE homeward_item SET kind = '' WHERE kind = 'still'", "occurrences"),
    ("UPDATE homeward_item SET mime = 'made/up' WHERE id = 1", "occurrences"),
    ("UPDATE homeward_exhibit SET authority = 'W 2'", "exhibit A"),
    ("UPDATE homeward_exhibit SET acquirer = 'Somebody'", "exhibit A"),
    (f"UPDATE homeward_exhibit SET acquirer = '{ERASED}'", "exhibit A"),
    ("UPDATE homeward_exhibit SET label = 'B'", "exhibit B"),
    ("UPDATE homeward_caseinfo SET agency = 'Another Unit'", "agency"),
]


@pytest.mark.parametrize(("change", "named"), CHANGES)
def test_a_changed_row_is_named(open_case: Case, change: str, named: str) -> None:
    with changed(open_case, change):
        assert named in "\n".join(verify(open_case, Quiet()).faults)


@pytest.mark.parametrize("name", ["sha256", "windows", "text"])
def test_a_changed_file_of_a_known_list_is_named(folder: Path, name: str) -> None:
    (file,) = (folder / "known").glob(f"*/{name}")
    body = bytearray(file.read_bytes())
    body[0] ^= 1
    file.write_bytes(bytes(body))
    assert "known list" in _faults(folder)
    file.unlink()
    assert "known list" in _faults(folder)


def test_a_changed_segment_is_named_with_its_records(folder: Path) -> None:
    (segment,) = (folder / "segments").glob("pdq-*/*.seg")
    body = bytearray(segment.read_bytes())
    body[len(body) // 2] ^= 1
    segment.write_bytes(bytes(body))
    assert f"segment {segment.parent.name}/{segment.name} was changed in records" in _faults(folder)


def test_a_segment_cut_short_is_named(folder: Path) -> None:
    (segment,) = (folder / "segments").glob("veil-*/*.seg")
    segment.write_bytes(segment.read_bytes()[:-1])
    assert segment.name in _faults(folder)


def test_a_changed_blob_is_named(folder: Path) -> None:
    (blob,) = (path for path in (folder / "blobs").rglob("*") if path.is_file())
    blob.write_bytes(b"changed")
    assert "blob" in _faults(folder)


def test_replaced_evidence_is_found_by_a_full_check(folder: Path, material: Path) -> None:
    import os

    target = material / "room3.jpg"
    before = target.stat()
    body = bytearray(target.read_bytes())
    body[-10] ^= 1
    target.write_bytes(bytes(body))
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert _faults(folder) == ""
    assert "A > room3.jpg is not what was registered" in _faults(folder, full=True)


def test_replaced_evidence_is_found_when_it_is_ingested_again(folder: Path, material: Path) -> None:
    (material / "room3.jpg").write_bytes((material / "room4.jpg").read_bytes())
    (material / "room5.jpg").unlink()
    with Case.open(folder) as case:
        report = ingest(case, [Delivery("A", material, "W", "")], Quiet())
        kinds = sorted((note.kind, str(note.path)) for note in report.notes)
        assert kinds == [("evidence missing", "room5.jpg"), ("evidence replaced", "room3.jpg")]
        again = ingest(case, [Delivery("A", material, "W", "")], Quiet())
        assert sorted(note.kind for note in again.notes) == ["evidence missing", "evidence replaced"]
        assert {row["kind"] for row in reads.findings(case)} >= {"evidence missing", "evidence replaced"}


def test_an_exhibit_that_was_moved_is_the_same_exhibit(folder: Path, material: Path, tmp_path: Path) -> None:
    material.rename(tmp_path / "elsewhere")
    with Case.open(folder) as case:
        before = reads.status(case)["occurrences"]
        report = ingest(case, [Delivery("A", tmp_path / "elsewhere", "W", "")], Quiet())
        assert (report.occurrences, report.notes) == (0, [])
        assert reads.status(case)["occurrences"] == before
        assert verify(case, Quiet(), full=True).faults == []


def test_who_acquired_an_exhibit_can_be_erased_by_law(material: Path, tmp_path: Path) -> None:
    with Case.create(tmp_path / "named", "Test Unit") as case:
        ingest(case, [Delivery("A", material, "W", "Somebody Whose Name Is Protected")], Quiet())
        (seq,) = (seq for seq, body in case.custody.entries() if b'"exhibit.add"' in body)
        assert not any(b"Somebody" in body for _, body in case.custody.entries())
        assert case.custody.names(seq)["acquirer"] == "Somebody Whose Name Is Protected"
        assert verify(case, Quiet()).faults == []
        case.custody.erase(seq, "acquirer", "court order 3/2026", "a test")
        assert Exhibit.objects.using(case.alias).get().acquirer == ERASED
        assert not any(b"Somebody" in path.read_bytes() for path in case.folder.rglob("*") if path.is_file())
        with pytest.raises(StoreError, match="move it and ingest it again first"):
            case.custody.erase(seq, "location", "court order 3/2026", "a test")
        assert verify(case, Quiet()).faults == []
