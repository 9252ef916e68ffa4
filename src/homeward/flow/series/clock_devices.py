"""Devices of a case, and which of their pictures were taken after a clock was set anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from homeward.core.counted import counted, of_camera
from homeward.core.stacked import SEPARATOR
from homeward.links import headers as named
from homeward.series.epochs import Frame, epochs
from homeward.store import headers, noise, reads, traces

if TYPE_CHECKING:
    from homeward.store import Case


def devices_of(case: Case, names: Mapping[int, str]) -> list[tuple[str, str, list[int]]]:
    """Name, kind of evidence and items of every device, those that noise supports and those that a serial number names."""
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


def frames_of(case: Case, taken: Mapping[int, tuple[str, float]]) -> dict[int, list[Frame]]:
    """By item its places in folders of cameras' own storage; ``taken``: SHA-256 of items, and what their clocks said."""
    found: dict[int, list[Frame]] = defaultdict(list)
    for item, label, path in traces.places(case):
        holder, _, inside = path.rpartition(SEPARATOR)
        folder, _, name = inside.rpartition("/")
        number = counted(name)
        if number and item in taken and of_camera(folder):
            run = f"{label} > {holder} > {folder} > {number[0]}"
            found[item].append(Frame(run, number[1], taken[item][1], taken[item][0]))
    return found


def set_anew(case: Case, taken: Mapping[int, float]) -> set[int]:
    """Items whose clock had been set anew since the first pictures of their device: nothing compares with what it said.

    ``taken``: what the clock said of every item.
    """
    names = reads.item_names(case)
    straight = {row["item"] for row in headers.all_headers(case) if row["origin"] == "camera"}
    frames = frames_of(case, {item: (names[item], said) for item, said in taken.items() if item in straight})
    items = {name: item for item, name in names.items()}
    parts = (epochs(frame for item in held for frame in frames.get(item, ())) for _, _, held in devices_of(case, names))
    return {items[picture] for part in parts for epoch in part[1:] for picture in epoch}
