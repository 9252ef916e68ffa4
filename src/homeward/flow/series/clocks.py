"""``homeward clocks``: how far the clock of each device may be off, worked out when it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from homeward.core.posted import posted
from homeward.flow.series.fusing import units
from homeward.links import headers as named
from homeward.series.clocks import Reading, clock
from homeward.store import headers, noise, posters, reads, traces

if TYPE_CHECKING:
    from homeward.store import Case

CAVEAT = "the offset is taken as constant, and times in names, positions and headers can be edited"


def clocks(case: Case) -> list[dict[str, Any]]:
    """One dictionary a device with a reading, those with the most readings first.

    ``offset`` is the camera's clock minus UTC in seconds, ``[least, most]``; either is None where nothing bounds it.
    """
    read = _readings(case)
    told = [_told(name, by, [read[item] for item in items if item in read]) for name, by, items in _devices(case)]
    return sorted((one for one in told if one["readings"]), key=lambda one: (-one["readings"], one["id"]))


def _devices(case: Case) -> list[tuple[str, str, list[int]]]:
    """Name, kind of evidence and items of every device, those that noise supports and those that a serial number names."""
    names = reads.item_names(case)
    found = [
        (f"noise:{names[device]}", "sensor noise", [row.item for row in rows]) for device, rows in noise.devices(case).items()
    ]
    bodies: dict[tuple[str, str], list[int]] = {}
    for row in headers.all_headers(case):
        facts = named.HeaderFacts(row["item"], "", row["make"], row["model"], row["body_serial"], row["origin"])
        body = named.device(facts)
        if body is not None:
            bodies.setdefault(body, []).append(row["item"])
    return found + [(f"serial:{make}:{serial}", "body serial", items) for (make, serial), items in sorted(bodies.items())]


def _readings(case: Case) -> dict[int, Reading]:
    """What the clock said of every picture straight from a camera, and by when it was registered or a copy of it was posted."""
    home, names = units(case), reads.item_names(case)
    there: dict[int, tuple[int, str]] = {}
    named_times = ((item, posted(path)) for item, _, path in traces.places(case))
    told = [(item, stamp, "posted, as the name of a copy says") for item, stamp in named_times if stamp is not None]
    told += [(row.item, row.time, "posted, as a capture shows") for row in posters.rows(case) if row.item in home]
    for item, stamp, how in told:
        there[home[item]] = min((stamp, how), there.get(home[item], (stamp, how)))
    straight = {row["item"] for row in headers.all_headers(case) if row["origin"] == "camera"}
    found, acquired = {}, traces.registered(case)
    for row in traces.stated(case):
        taken = _seconds(row.taken)
        if taken is not None and row.item in straight and row.item in home:
            earliest = there.get(home[row.item])
            known = [(acquired[row.item].timestamp(), "in an exhibit when it was registered")]
            known += [] if earliest is None else [(float(earliest[0]), earliest[1])]
            found[row.item] = Reading(names[row.item], taken, tuple(known), _seconds(row.fix), row.exif)
    return found


def _seconds(words: str) -> float | None:
    try:
        return datetime.strptime(words[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _told(name: str, by: str, readings: list[Reading]) -> dict[str, Any]:
    found = clock(readings)
    return {
        "id": name,
        "by": by,
        "offset": [found.least, found.most],
        "right_somewhere": found.right_somewhere,
        "contradiction": found.contradiction,
        "decisive": [{"offset": one.offset, "sha256": one.picture, "reason": one.reason} for one in found.decisive],
        "readings": found.readings,
        "bounds": found.bounds,
        "caveat": CAVEAT,
    }
