"""``homeward export``: what a case says of its media, in the formats of others; what partners have told goes no farther."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

import homeward
from homeward.core import StackedPath
from homeward.descriptors import descriptor
from homeward.exchange import case_out, case_records
from homeward.exchange.icse_out import icse_list
from homeward.exchange.medium import Medium, Place, exif_of
from homeward.exchange.target import write_file, write_folder
from homeward.exchange.vic_out import Heading, vic_case
from homeward.flow.clues import sights, text_links
from homeward.flow.described import STILL
from homeward.flow.exchange.matching_series import partners_lists
from homeward.flow.process import segment_folder
from homeward.flow.series.settling import View
from homeward.flow.steps import STEPS
from homeward.store import clips, media_out, noise, reads
from homeward.store.ledger.entries import ACTS, decode

if TYPE_CHECKING:
    from homeward.core.canonical import Plain
    from homeward.store import Case


_UNTOLD = ("match.", "partner.")
"""Acts that are no others' business: with whom something is matched, and that handles are operated under cover."""


def export_vic(case: Case, target: Path, version: str) -> int:
    """Write every medium in the shape of Project VIC (see :func:`write_file`); how many."""
    total = media_out.count(case)
    details: dict[str, Plain] = {"format": "vics", "version": version, "media": total}
    write_file(case, target, parts(case, "vics", version), details)
    return total


def export_icse(case: Case, target: Path) -> int:
    """Write every medium as an ICSE-style list (see :func:`write_file`); how many."""
    total = media_out.count(case)
    write_file(case, target, parts(case, "icse"), {"format": "icse", "media": total})
    return total


def parts(case: Case, form: str, version: str = "2.0") -> Iterable[bytes]:
    """Every medium in the shape of Project VIC (``vics``), or as an ICSE-style list (``icse``)."""
    if form == "icse":
        return icse_list(media(case))
    return vic_case(_heading(case, media_out.count(case)), media(case), version)


def export_case(case: Case, target: Path, *, cac: bool = False) -> int:
    """Write everything that was found, and what was done, as CASE JSON-LD in shards (see :func:`write_folder`); how many.

    With ``cac``, classes of the CAC Ontology stand beside those of CASE.
    """
    info = case.info
    exhibits = tuple((one.label, one.authority) for one in reads.exhibits(case))
    theirs = partners_lists(case)
    lists = tuple(
        case_records.Delivery(one["name"], one["digest"], one["format"])
        for one in media_out.lists(case)
        if one["name"] not in theirs
    )
    heading = case_records.Heading(
        info.origin, case.folder.name, info.agency, homeward.__version__, exhibits, tuple(_acts(case)), lists, cac
    )  # fmt: skip
    unread = (case_records.Unread(_place(row), row["reason"]) for row in media_out.unread(case))
    shards = case_out.Graph(heading).shards(media(case, every=True), unread, _links(case))
    return write_folder(case, target, shards, {"format": "case", "cac": cac})


def _links(case: Case) -> Iterator[case_records.Connection]:
    """What holds pictures of one series together, kind by kind, each kind from the strongest on."""
    names = media_out.digests(case)
    home = {names[item]: series for item, series in View(case).members.items() if item in names}
    tables = (
        clips.links,
        noise.links,
        partial(sights.links, kind="place"),
        partial(sights.links, kind="object"),
        text_links.links,
    )
    for row in (row for table in tables for row in table(case)):
        if home.get(row["a"], "") == home.get(row["b"]):
            where = " ".join(str(row[time]) for time in ("a_time", "b_time") if row[time] is not None)
            yield case_records.Connection(
                row["kind"], row["a"], row["b"], row["method"], row["log10_lr"], row["reason"],
                tuple(row.get("caveats") or ()), where,
            )  # fmt: skip


def _acts(case: Case) -> list[case_records.Act]:
    """What the ledger says was done, one line for each step and version of it and for each other kind of act."""
    found: dict[tuple[str, str, str], case_records.Act] = {}
    captions = {step.name: step.caption for step in STEPS}
    for _, body in case.custody.entries():
        entry = decode(body)
        if entry.act.startswith(_UNTOLD):
            continue
        step = entry.details.get("step") if entry.act.startswith("step.") else None
        name = str(step or entry.act)
        key = (name, str(entry.details.get("version", "")), str(entry.details.get("params", ""))) if step else (name, "", "")
        before = found.get(key, case_records.Act(*key[:1], captions.get(name) or ACTS[entry.act], *key[1:], entry.time, "", 0))
        found[key] = msgspec.structs.replace(before, ended=entry.time, entries=before.entries + 1)
    return list(found.values())


def media(case: Case, *, every: bool = False) -> Iterator[Medium]:
    """Every medium of the case (with ``every`` all other content too), in the order of its items, page by page."""
    telling = Telling(case)
    for page in media_out.pages(case, every=every):
        yield from map(telling.medium, page)


class Telling:
    """What a case says of its media, as it is when this is made."""

    def __init__(self, case: Case) -> None:
        view = View(case)
        self._members = view.members
        absorbed = view.history.absorbed(set(view.members.values()))
        self._status = {name: view.status(name, names) for name, names in absorbed.items()}
        self._hashes = _Hashes(case)
        self._theirs = partners_lists(case)

    def medium(self, row: dict[str, Any]) -> Medium:
        """A row of :mod:`homeward.store.media_out`, with everything that formats tell."""
        pdq, quality = self._hashes.of(row["id"])
        series = self._members.get(row["id"], "")
        decoded = row["media"] or {"width": 0, "height": 0, "facts": {}}
        return Medium(
            row["id"], row["sha256"], row["sha1"], row["md5"], row["size"], row["mime"], row["kind"],
            tuple(map(_place, row["places"])), decoded["width"], decoded["height"], exif_of(decoded["facts"]),
            pdq, quality, series, self._status.get(series, ""), row["stack"], row["device"],
            tuple(_known(one) for one in row["known"] if one["entry__list__name"] not in self._theirs),
        )  # fmt: skip


class _Hashes:
    """PDQ of stills where they lie; 16 bytes of memory a picture."""

    def __init__(self, case: Case) -> None:
        runs = case.segments.read(segment_folder("pdq", descriptor("pdq").width))
        self._runs = [run for run in runs if len(run)]
        starts = np.cumsum([0, *map(len, self._runs)])
        items = [np.where(run["time_ms"] == STILL, run["item"], 0) for run in self._runs]
        self._items = np.concatenate(items) if items else np.zeros(0, np.int64)
        self._order = np.argsort(self._items, kind="stable")
        self._items = self._items[self._order]
        self._starts = starts

    def of(self, item: int) -> tuple[str, int]:
        """Hexadecimal value and quality; empty and 0 where there is none."""
        at = int(np.searchsorted(self._items, item))
        if at == len(self._items) or self._items[at] != item:
            return "", 0
        row = int(self._order[at])
        run = int(np.searchsorted(self._starts, row, side="right")) - 1
        record = self._runs[run][row - int(self._starts[run])]
        return record["value"].tobytes().hex(), int(record["quality"])


def _heading(case: Case, total: int) -> Heading:
    origin = case.info.origin.rpartition("/")[2]
    return Heading(f"{{{origin}}}", case.folder.name, case.info.agency, homeward.__version__, total)


def _place(row: dict[str, Any]) -> Place:
    layers = StackedPath.parse(row["path"]).layers
    return Place(
        row["exhibit__label"], layers, row["created"], row["modified"], row["accessed"], row["deleted"], row["embedded"],
        row["changed"],
    )  # fmt: skip


def _known(row: dict[str, Any]) -> str:
    identified = {True: "victim identified", False: "victim not identified", None: ""}[row["entry__victim_identified"]]
    told = (
        row["entry__list__name"],
        f"{row['entry__kind']} at distance {row['distance']}",
        " ".join((row["entry__list__scheme"], row["entry__list__scheme_version"], row["entry__codes"])).strip(),
        row["entry__series"],
        identified,
    )
    return "; ".join(part for part in told if part)
