"""The devices behind a case: by sensor noise, by serial number, by layout, and what came through programs."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.descriptors.header_make import parts_of, reference
from homeward.descriptors.header_records import HeaderSignature
from homeward.links import headers as links
from homeward.links.camera import COPIES, NOT_UNIQUE, UNSTUDIED
from homeward.store import headers, noise, reads

if TYPE_CHECKING:
    from homeward.store import Case

_SERIAL = "serial numbers can be edited, and programs copy them on"
_PATH = "cameras of one model and firmware are laid out alike: this is a model, not a body"
_PROGRAM = "programs rewrite the header: nothing here tells devices apart"
_OF_ALL = (COPIES, NOT_UNIQUE, UNSTUDIED)
"""How caveats begin that are said of a device as well as of its pictures."""
_CAVEATS = {"body serial": _SERIAL, "header path": _PATH, "program": _PROGRAM}


def cameras(case: Case) -> list[dict[str, Any]]:
    """One dictionary a group of items with the same answer, the largest first within each kind of evidence.

    ``by`` is ``sensor noise`` (items whose noise supports one device), ``body serial`` (items that name one body), ``header
    path`` (items straight from a camera that name none, laid out alike by one model) or ``program`` (items that a program
    wrote or changed). ``straight_from_camera`` is the share of the group's items without any mark of a program; ``log10_lr``
    weighs the layout against unlike models, and of noise it is that of the weakest item against the others.
    """
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    said = list(headers.all_headers(case))
    for row in said:
        groups[_group(row)].append(row)
    paths = reads.stacked_paths(case)
    layouts = headers.layouts(case, [rows[0]["item"] for (by, _, _), rows in groups.items() if by == "header path"])
    order = {"body serial": 0, "header path": 1, "program": 2}
    return _by_noise(case, {row["item"]: row for row in said}, paths) + [
        _told(by, rows, paths, layouts.get(rows[0]["item"], {}))
        for (by, _, _), rows in sorted(groups.items(), key=lambda pair: (order[pair[0][0]], -len(pair[1]), pair[0]))
    ]


def _by_noise(case: Case, said: dict[int, dict[str, Any]], paths: dict[int, list[str]]) -> list[dict[str, Any]]:
    """Devices that noise supports. An item is here and again under what its header says: the two are told apart on purpose."""
    return sorted(
        (_device(members, said, paths) for members in noise.devices(case).values()),
        key=lambda group: (-group["count"], group["id"]),
    )


def _device(members: list[noise.CameraRow], said: dict[int, dict[str, Any]], paths: dict[int, list[str]]) -> dict[str, Any]:
    rows = [said[row.item] for row in members]
    caveats = sorted({words for row in members for words in row.caveats if words.startswith(_OF_ALL)})
    told = _told("sensor noise", rows, paths, {})
    evidence = [
        {"score": row.score / 1000, "log10_lr": row.log10_lr / 1000, "reason": row.reason, "caveats": row.caveats}
        for row in members
    ]
    return told | {
        "id": f"noise:{rows[0]['item__sha256']}",
        "serial": _common(rows, "body_serial"),
        "log10_lr": min(row.log10_lr for row in members) / 1000,
        "uniqueness": "not known for this make" if any(words.startswith(UNSTUDIED) for words in caveats) else "not established",
        "caveats": caveats,
        "items": [item | why for item, why in zip(told["items"], evidence, strict=True)],
    }


def _group(row: dict[str, Any]) -> tuple[str, str, str]:
    named = links.device(facts_of(row))
    if named is not None:
        return ("body serial", *named)
    if row["origin"] == "camera":
        return "header path", row["full"], ""
    return "program", row["app"] or row["origin"], "" if row["app"] else row["writer"]


def facts_of(row: dict[str, Any]) -> links.HeaderFacts:
    """What links need of a row of :func:`homeward.store.headers.all_headers`."""
    return links.HeaderFacts(row["item"], row["full"], row["make"], row["model"], row["body_serial"], row["origin"])


def _told(by: str, rows: list[dict[str, Any]], paths: dict[int, list[str]], layout: dict[str, Any]) -> dict[str, Any]:
    first = rows[0]
    straight = sum(row["origin"] == "camera" for row in rows)
    body = links.device(facts_of(first)) if by == "body serial" else None
    name = {"body serial": "serial:" + ":".join(body or ()), "header path": f"path:{first['full']}"}.get(by)
    return {
        "id": name or f"program:{first['app'] or first['origin'] + ':' + first['writer']}",
        "by": by,
        "make": _common(rows, "make"),
        "model": _common(rows, "model"),
        "serial": first["body_serial"] if by == "body serial" else "",
        "lens_serials": sorted({row["lens_serial"] for row in rows} - {""}),
        "likely_make": _common(rows, "likely_make"),
        "count": len(rows),
        "straight_from_camera": round(straight / len(rows), 3),
        "origins": dict(sorted(Counter(row["origin"] for row in rows).items())),
        "apps": dict(Counter(row["app"] for row in rows if row["app"]).most_common(10)),
        "header_paths": len({row["full"] for row in rows}),
        "log10_lr": links.same_path(_parts(layout), reference()) if by == "header path" else None,
        "uniqueness": "not established",
        "caveats": [_CAVEATS[by]] if by in _CAVEATS else [],
        "items": [{"sha256": row["item__sha256"], "paths": paths.get(row["item"], [])} for row in rows],
    }


def _common(rows: list[dict[str, Any]], name: str) -> str:
    """What most of the rows that say anything say."""
    said = Counter(row[name] for row in rows if row[name])
    return min(said, key=lambda value: (-said[value], value)) if said else ""


def _parts(layout: dict[str, Any]) -> tuple[str, ...]:
    """A stored layout in the form of the reference set."""
    return parts_of(msgspec.convert(layout, HeaderSignature)) if layout.get("tags") else ()
