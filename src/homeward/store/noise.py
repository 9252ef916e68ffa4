"""Devices behind pictures, written and read."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import F

from homeward.store import bulk
from homeward.store.models import CameraLink, Media, SharedLink
from homeward.store.reads import stacked_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homeward.store.case import Case

METHOD = "sensor noise"
COLUMNS = ("item", "device", "merged", "score", "log10_lr", "calibration", "reason", "caveats")


SHARED_COLUMNS = ("item", "device", "key", "offered", *COLUMNS[3:])


class Shot(msgspec.Struct, frozen=True):
    """What is known of a decoded still that matters for its camera; empty texts where the file states nothing."""

    item: int
    sha256: str
    width: int
    height: int
    make: str
    model: str
    serial: str


class CameraRow(msgspec.Struct, frozen=True):
    """A :class:`~homeward.store.models.CameraLink`."""

    item: int
    device: int
    merged: bool
    score: int
    log10_lr: int
    calibration: str
    reason: str
    caveats: list[str]


class SharedRow(msgspec.Struct, frozen=True):
    """A :class:`~homeward.store.models.SharedLink`."""

    item: int
    device: int
    key: str
    offered: bool
    score: int
    log10_lr: int
    calibration: str
    reason: str
    caveats: list[str]


def shots(case: Case) -> list[Shot]:
    """Every decoded still, in the order of items."""
    query = Media.objects.using(case.alias).filter(current=True, item__kind="still").order_by("item")
    rows = query.values_list("item_id", "item__sha256", "width", "height", "facts")
    return [Shot(item, sha256, width, height, *_stated(facts)) for item, sha256, width, height, facts in rows.iterator()]


def _stated(facts: dict[str, Any]) -> tuple[str, str, str]:
    told = facts.get("metadata") or {}
    make, model, serial = (str(told.get(name) or "").strip() for name in ("make", "model", "body_serial"))
    return make, model, serial if serial.strip("0") else ""


def replace_cameras(case: Case, rows: Sequence[CameraRow]) -> None:
    """Put ``rows`` in the place of all devices and offers, inside the caller's batch."""
    CameraLink.objects.using(case.alias).all().delete()
    bulk.insert(case.alias, CameraLink, COLUMNS, [msgspec.structs.astuple(row) for row in rows])


def replace_shared(case: Case, rows: Sequence[SharedRow]) -> None:
    """Put ``rows`` in the place of all comparisons of scaled copies, inside the caller's batch."""
    SharedLink.objects.using(case.alias).all().delete()
    bulk.insert(case.alias, SharedLink, SHARED_COLUMNS, [msgspec.structs.astuple(row) for row in rows])


def shared_rows(case: Case) -> list[SharedRow]:
    """Every comparison of a scaled copy with a device."""
    query = SharedLink.objects.using(case.alias).order_by("item", "device")
    return [SharedRow(*row) for row in query.values_list("item_id", "device_id", *SHARED_COLUMNS[2:])]


def links(case: Case) -> list[dict[str, Any]]:
    """Every picture with the one that names its device, and what is offered: the strongest first."""
    columns = ("item_id", "device_id", "item__sha256", "device__sha256", *COLUMNS[3:])
    rows = list(CameraLink.objects.using(case.alias).exclude(item=F("device")).values(*columns, "merged"))
    rows += SharedLink.objects.using(case.alias).filter(offered=True).values(*columns)
    paths = stacked_paths(case, {row[side] for row in rows for side in ("item_id", "device_id")})
    listed = [
        {
            "kind": "camera",
            "a": row["item__sha256"],
            "b": row["device__sha256"],
            "a_time": None,
            "b_time": None,
            "score": row["score"] / 1000,
            "log10_lr": row["log10_lr"] / 1000,
            "method": METHOD,
            "reason": row["reason"],
            "calibration": row["calibration"],
            "caveats": row["caveats"],
            "state": "merged" if row.get("merged") else "offered",
            "a_paths": paths.get(row["item_id"], []),
            "b_paths": paths.get(row["device_id"], []),
        }
        for row in rows
    ]
    return sorted(listed, key=lambda link: (-link["log10_lr"], -link["score"], link["a"], link["b"]))


def devices(case: Case) -> dict[int, list[CameraRow]]:
    """Pictures of each device by the item that names it, that one first and then the strongest."""
    query = CameraLink.objects.using(case.alias).filter(merged=True).order_by("-score", "item")
    found: dict[int, list[CameraRow]] = defaultdict(list)
    for row in query.values_list("item_id", "device_id", *COLUMNS[2:]):
        found[row[1]].append(CameraRow(*row))
    # Copies of one picture are as strong as each other, and any of them may be the one that names the device.
    return {device: sorted(rows, key=lambda row: row.item != device) for device, rows in found.items()}


def by_device(case: Case) -> dict[int, list[CameraRow]]:
    """Everything that was said of each device, what is offered too, by the item that names it."""
    found: dict[int, list[CameraRow]] = defaultdict(list)
    for row in (
        CameraLink.objects.using(case.alias).order_by("item", "device").values_list("item_id", "device_id", *COLUMNS[2:])
    ):
        found[row[1]].append(CameraRow(*row))
    return dict(found)


def offers(case: Case) -> list[CameraRow]:
    """Pictures that may be of a device, for a person to decide."""
    query = CameraLink.objects.using(case.alias).filter(merged=False).order_by("item", "device")
    found = [CameraRow(*row) for row in query.values_list("item_id", "device_id", *COLUMNS[2:])]
    shared = SharedLink.objects.using(case.alias).filter(offered=True).order_by("item", "device")
    told = shared.values_list("item_id", "device_id", *COLUMNS[3:])
    return found + [CameraRow(item, device, False, *rest) for item, device, *rest in told]
