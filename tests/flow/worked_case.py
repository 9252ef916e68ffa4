"""A case with rows in every table, and changes of them that are undone again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections, transaction

from homeward.flow.clues.clue_ledger import sight
from homeward.flow.communities.captures import protect
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.known import add_known_list, vote
from homeward.flow.process import process
from homeward.flow.progress import Quiet
from homeward.flow.workbench import handing, people, tokens
from homeward.flow.workbench.grading import give, scheme, undo
from homeward.store import Case, backgrounds, digests, matching, posters, results, searches, series
from homeward.store.clips import ClipRow, add_clip_links
from homeward.store.kept import Kept
from homeward.store.models import Item
from homeward.store.noise import CameraRow, SharedRow, replace_cameras, replace_shared
from homeward.store.results import KinRow
from homeward.store.sights import SightRow, write_sights
from homeward.store.texts import LineRow, write_lines


def first_picture(material: Path) -> str:
    """SHA-256 of one of the pictures."""
    return hashlib.sha256(min(material.rglob("*.jpg")).read_bytes()).hexdigest()


def work(case: Case, material: Path, beside: Path) -> None:
    """Take the material through everything; other files are written to ``beside``."""
    (beside / "claims.md5").write_text(f"{'0' * 32}  notes.txt\n")
    ingest(case, [Delivery("A", material, "W", "")], Quiet(), claims=beside / "claims.md5")
    listed = [hashlib.sha256(b"somebody else's").hexdigest(), first_picture(material)]
    (beside / "known.csv").write_text("\n".join(["sha256,colour", *(f"{one},blue" for one in listed)]))
    add_known_list(case, beside / "known.csv", "known", Quiet())
    vote(case, "deny", listed[0], "Unit 9", "a stock photograph")
    process(case, "inline", 1, Quiet())
    sight(case, "text", "Platform 3", listed[1], None, (0, 0, 9, 9), "A Person", "")
    case.blobs.put(b"kept")
    protect(case, "a site", "a handle", "a test", "A Person")


def add_more(case: Case, material: Path, beside: Path) -> None:
    """A second exhibit and a second list, and links of kinds that this material has none of."""
    (beside / "more").mkdir()
    (beside / "more" / "text.txt").write_text("another exhibit")
    ingest(case, [Delivery("B", beside / "more", "W", "")], Quiet())
    (beside / "second.csv").write_text(f"sha256,colour\n{first_picture(material)},red\n")
    add_known_list(case, beside / "second.csv", "second", Quiet())
    process(case, "inline", 1, Quiet())
    a, b = Item.objects.using(case.alias).exclude(kind="").order_by("id").values_list("id", flat=True)[:2]
    with case.batch("step.part", {"step": "copies"}) as batch:
        results.write_kin(case, [KinRow(a, b, "copy", 900, 50, "1 0 0 0 1 0")], "a test", batch.seq)
        batch.details["kin"] = digests.KIN.digest(case, batch.seq)
    with case.batch("step.part", {"step": "sights"}) as batch:
        write_sights(case, [SightRow(a, b, 5, 5, 100, 100, "0 0 1 1", "0 0 1 1", "a test")], "a test", batch.seq)
        batch.details["sights"] = digests.SIGHTS.digest(case, batch.seq)
    with case.batch("step.part", {"step": "background"}) as batch:
        backgrounds.write_sights(case, [backgrounds.BackgroundRow(a, "0" * 64, "0 0 1 1")], "a test", batch.seq)
        batch.details["backgrounds"] = digests.BACKGROUNDS.digest(case, batch.seq)
    backgrounds.add(case, "shops", [], b"features", [backgrounds.Picture("0" * 64, "0" * 64, ("platform3",))])
    with case.batch("step.batch", {"step": "a test"}) as batch:
        write_lines(
            case, [(a, [LineRow(-1, "Platform 3", 0, 0, 9, 9, 0, 900, "print", [["Platform", 0, 0, 9, 9]])])], batch.seq
        )
        batch.details["texts"] = digests.TEXTS.digest(case, batch.seq)
        batch.details |= {"jobs": digests.NO_ROWS, "findings": digests.NO_ROWS}
    with case.batch("step.set", {"step": "clips"}) as batch:
        rows = Kept(case, "clips", None)
        add_clip_links(rows, [ClipRow(a, b, 1, [[0, 1, 0, 1]], 5, 5, 3)])
        results.write_step_key(case, batch, "clips", "a test")
        batch.details["rows"] = rows.text
    with case.batch("step.set", {"step": "devices"}) as batch:
        replace_cameras(case, [CameraRow(a, b, True, 1, 2, "none", "a test", ["made up"])])
        results.complete_set(case, batch, "devices", "a test")
    with case.batch("step.set", {"step": "posters"}) as batch:
        posters.replace(case, [posters.PosterRow(a, "a site", "0" * 32, 1_600_000_000, True)])
        results.complete_set(case, batch, "posters", "a test")
    with case.batch("step.set", {"step": "shared"}) as batch:
        replace_shared(case, [SharedRow(a, b, "f" * 32, True, 1, 2, "none", "a test", ["made up"])])
        results.complete_set(case, batch, "shared", "a test")
    kept = [case.blobs.put(body) for body in (b"a message", b"what is remembered")]
    matching.write(case, [matching.MessageRow("0" * 32, 1, "ask", True, "f" * 40, *kept)], {}, {})
    person = people.add(case, "Ines", "analyst", "nine green bottles", "a test")
    tokens.make(case, person, "a script", ["look"], 30)
    handing.take_stacks(case, person, [a])
    give(case, scheme(), [a, b], "urgent", person)
    undo(case, person)
    searches.keep(case, (person.key, person.name), "rooms", "path=room")
    joined = series.Standing(series.members(case), [series.JoinRow(a, b, True, 1, 2, "a test")])
    series.write(case, [], joined, {}, {}, seen=series.count(case))


@contextmanager
def changed(case: Case, sql: str, values: tuple[Any, ...] = ()) -> Iterator[None]:
    """The case with its database changed behind its back; afterwards it is as it was."""
    with transaction.atomic(using=case.alias):
        with connections[case.alias].cursor() as cursor:
            cursor.execute(sql, values)
            assert cursor.rowcount > 0
        yield
        transaction.set_rollback(True, using=case.alias)
