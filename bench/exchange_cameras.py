"""Cameras between agencies: what fingerprints in packages tell, and what they tell where no picture is held by both."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np

import homeward
from common import DATA
from exchange_data import Row, interval, most_of, row
from homeward.descriptors.camera import digest_shape
from homeward.exchange.fingerprints import LEAST_PICTURES
from homeward.flow.exchange import fingerprints
from homeward.flow.exchange.packages import Terms, receive, send
from homeward.flow.noise.digests import buckets
from homeward.flow.series import listing as all_series
from homeward.indexes import fingerprint as indexed
from homeward.links.between import Hit, Reference, fingerprint_digest, hits
from homeward.store import Case, noise, reads
from series_data import AGENCIES, by_sha256


def cameras(world: str, cases: dict[str, Case], scratch: Path) -> list[Row]:
    """Every agency sends the fingerprints of its cameras to all others."""
    truth = by_sha256(DATA / world / "truth")
    devices, shots = ({sha256: row[name] for sha256, row in truth.items()} for name in ("device", "file_id"))
    for name, case in cases.items():
        to = [other for other in AGENCIES if other != name]
        send(
            case, scratch / f"{name}-cameras.age", to, ["fingerprints"], [], Terms("bench", "bench", "amber", "red", 5), "bench"
        )
    both, found, apart, proposed, wrong = set(), set(), set(), 0, 0
    began = time.process_time()
    for here, case in cases.items():
        for there in AGENCIES:
            if there != here:
                receive(case, scratch / f"{there}-cameras.age", "bench")
        sent = {there: _sent(cases[there], devices, shots) for there in AGENCIES if there != here}
        held = {(devices[shot.sha256], shot.width, shot.height) for shot in noise.shots(case) if shot.sha256 in devices}
        both |= {(there, here, one[0]) for there, some in sent.items() for one in some.values() if one[:3] in held}
        for hit in fingerprints.listed(case):
            theirs, _, _, behind = sent[hit["agency"]][hit["their_camera"]]
            mine = most_of(Counter(devices[name] for name in hit["items"] if name in devices))
            proposed, wrong = proposed + 1, wrong + (theirs not in mine)
            key = (hit["agency"], here, theirs)
            found |= {key} if theirs in mine else set()
            apart |= {key} if theirs in mine and behind.isdisjoint(shots.get(name, "") for name in hit["items"]) else set()
    spent, size = time.process_time() - began, sum((scratch / f"{name}-cameras.age").stat().st_size for name in AGENCIES)
    low, high = interval([(key[2], key in found) for key in both])
    return [
        row(
            f"{world}: devices of which one agency has a fingerprint and another pictures, found",
            f"{len(found & both)} of {len(both)} ({len(found & both) / max(1, len(both)):.3f})",
            f"{len(apart & both)} by pictures of which none is behind the fingerprint", f"95 %: {low:.3f} to {high:.3f}",
        ),
        row(f"{world}: devices that agree with a fingerprint, falsely", f"{wrong} of {proposed}", "", "target 0"),
        row(f"{world}: fingerprints of each agency for the others", f"{size / 1e6:.2f} MB, {spent:.0f} CPU-s", "", ""),
    ]  # fmt: skip


def halves(world: str, pooled: Path) -> list[Row]:
    """Of each device half of its pictures (each original once) as a fingerprint, asked with the other half."""
    truth = by_sha256(DATA / world / "truth")
    whole, alone, wrong, compared = [], [], 0, 0
    with homeward.open(pooled) as case:
        for shots, digests in buckets(case):
            of: dict[str, dict[str, int]] = defaultdict(dict)
            for at, shot in enumerate(shots):
                if shot.sha256 in truth:
                    of[truth[shot.sha256]["device"]].setdefault(truth[shot.sha256]["file_id"], at)
            shape, held = digest_shape(shots[0].width, shots[0].height), indexed.prints(digests)
            rows = {name: [list(some.values())[side::2] for side in (0, 1)] for name, some in of.items()}
            known = [name for name, (one, _) in rows.items() if len(one) >= LEAST_PICTURES]
            if not known:
                continue
            sent = [fingerprint_digest(held, np.array(rows[name][0]), shape) for name in known]
            asked = [(name, (at,)) for name, (_, other) in rows.items() for at in other]
            asked += [(name, tuple(rows[name][1])) for name in known if len(rows[name][1]) >= LEAST_PICTURES]
            mine = [fingerprint_digest(held, np.array(some), shape) for _, some in asked]
            told = [[Reference(len(some)) for _, some in asked], [Reference(len(rows[name][0])) for name in known]]
            sides = [indexed.prints(np.stack([np.frombuffer(body, np.uint8) for body in some])) for some in (mine, sent)]
            hit = {(asked[one.mine], known[one.theirs]) for one in _hits(sides, told, shape)}
            wrong += sum(one[0] != name for one, name in hit)
            compared += len(asked) * len(known)
            for name, some in ((name, some) for name, some in asked if name in known):
                (whole if len(some) > 1 else alone).append((name, any(one == (name, some) for one, _ in hit)))
    return [
        row(
            f"{world}: {what} whose camera's fingerprint is of other pictures, found",
            f"{sum(one for _, one in some)} of {len(some)} ({sum(one for _, one in some) / max(1, len(some)):.3f})", "",
            "95 %: {:.3f} to {:.3f}".format(*interval(some)),
        )
        for what, some in (("halves of a device", whole), ("single pictures", alone))
    ] + [row(f"{world}: the same, falsely", f"{wrong} of {compared} compared", "", "target 0")]  # fmt: skip


def _hits(sides: list[Any], told: list[list[Reference]], shape: tuple[int, int]) -> list[Hit]:
    return list(hits(sides[0], told[0], sides[1], told[1], shape))


def _sent(case: Case, devices: dict[str, str], shots: dict[str, str]) -> dict[str, tuple[str, int, int, set[str]]]:
    """By code, the device of most pictures behind each fingerprint that a case sends, its size, and the originals of them."""
    rows = all_series.listed(case)
    told = fingerprints.of_series(case, rows)
    names = {fingerprints.camera_code(case, one["id"]): one["id"] for row in rows for one in row["cameras"]}
    shown = reads.item_names(case)
    groups = {shown[item]: [shown[row.item] for row in some] for item, some in noise.devices(case).items()}
    found = {}
    for one in told:
        behind = [name for name in groups[names[one.code]] if name in devices]
        counts = Counter(devices[name] for name in behind)
        most = counts.most_common(1)[0][0] if counts else ""
        found[one.code] = (most, one.width, one.height, {shots[name] for name in behind})
    return found
