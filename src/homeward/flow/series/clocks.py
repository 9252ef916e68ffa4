"""``homeward clocks``: how far the clock of each device may be off, worked out when it is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.flow.clues.clue_ledger import ledger
from homeward.flow.series.clock_clues import said
from homeward.flow.series.clock_devices import devices_of, frames_of
from homeward.flow.series.clock_questions import questions
from homeward.flow.series.clock_readings import Read
from homeward.series.clocks import SLACK, ZONES, Clock, Reading
from homeward.series.clocks import clocks as bounded
from homeward.series.clues import Clue
from homeward.series.epochs import Frame, epochs
from homeward.store import reads

if TYPE_CHECKING:
    from homeward.store import Case

CAVEAT = (
    "the offset is taken as constant unless numbers in a camera's folder tell that its clock was set anew, "
    "and times in names, positions and headers can be edited"
)


class _Device(msgspec.Struct, frozen=True):
    """A device with its readings: by epoch, of each clock that is told apart, and what is known of each of these."""

    name: str
    by: str
    epochs: list[list[list[Reading]]]

    def clock(self, epoch: int, at: int) -> str:
        """Names that are in the order of time."""
        return f"{self.name} > {epoch:06d} > {at:06d}"

    @property
    def clocks(self) -> dict[str, list[Reading]]:
        """Readings of each clock, in the order of time."""
        return {self.clock(epoch, at): some for epoch, parts in enumerate(self.epochs) for at, some in enumerate(parts)}


def clocks(case: Case) -> list[dict[str, Any]]:
    """One dictionary a device with a reading, those with the most readings first.

    ``offset`` is the camera's clock minus UTC in seconds, ``[least, most]``; either is None where nothing bounds it. Where the
    clock was set anew it holds the offsets of all ``epochs``.
    """
    read, devices, found = _found(case, ledger(case).values())
    made = {one.name: {reading.picture for some in one.clocks.values() for reading in some} for one in devices}
    asked = questions(case, read, made)
    told = [_told(one, found) | {"questions": asked[one.name]} for one in devices]
    return sorted(told, key=lambda one: (-one["readings"], one["id"]))


class Span(msgspec.Struct, frozen=True):
    """When a picture was taken, in UTC, as far as its clock is bounded; None where it is open."""

    earliest: datetime | None
    latest: datetime | None
    wrong: bool
    """Whether its clock is wrong in every zone."""

    def nearest(self, said: datetime) -> datetime:
        """What the clock said, or the end beyond which it cannot be trusted."""
        earliest, latest = self.earliest or said, self.latest or said
        return min(max(said, earliest), latest)


def spans(case: Case, held: Iterable[Clue]) -> dict[int, Span]:
    """By item of every picture straight from a camera, by all clocks that it is of; by itself alone where these contradict
    themselves or each other, or there are none. ``held``: every clue of the case.
    """
    read, devices, found = _found(case, held)
    of: dict[str, list[Clock]] = defaultdict(list)
    for device in devices:
        for name, readings in device.clocks.items():
            for one in readings if not found[name].contradiction else ():
                of[one.picture].append(found[name])
    return {item: _span(one, of[one.picture]) for item, one in read.readings.items()}


def _span(reading: Reading, clocks: Sequence[Clock]) -> Span:
    least = max((one.least for one in clocks if one.least is not None), default=None)
    most = min((one.most for one in clocks if one.most is not None), default=None)
    if not clocks or (least is not None and most is not None and least > most):
        least, most = max((reading.taken - when - SLACK for when, _ in reading.there), default=None), None
    earliest, latest = (None if end is None else _moment(reading.taken - end) for end in (most, least))
    wrong = any(one.right_somewhere is False for one in clocks) or (least is not None and least > ZONES[1])
    return Span(earliest, latest, wrong)


def _moment(seconds: float) -> datetime | None:
    """None beyond the years that can be written: a file may say 9999 of a clock that is behind."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):
        return None


def _found(case: Case, held: Iterable[Clue]) -> tuple[Read, list[_Device], dict[str, Clock]]:
    """What clocks said, devices with a reading, and every clock by its name."""
    names = reads.item_names(case)
    read = Read(case, names)
    read.add(said(held))
    frames = frames_of(case, {item: (one.picture, one.taken) for item, one in read.readings.items()})
    devices = []
    for name, by, items in devices_of(case, names):
        if some := {item: read.readings[item] for item in items if item in read.readings}:
            devices.append(_Device(name, by, _epochs(some, frames)))
    clocks = {name: some for device in devices for name, some in device.clocks.items()}
    orders = [list(device.clocks) for device in devices]
    return read, devices, bounded(clocks | _alone(clocks, read), read.sessions, orders)


def _epochs(readings: Mapping[int, Reading], frames: Mapping[int, list[Frame]]) -> list[list[list[Reading]]]:
    """Readings of one device by epoch: all of the first are of one clock, each of a later one is of its own."""
    by_name = {one.picture: one for one in readings.values()}
    parts = epochs(frame for item in readings for frame in frames.get(item, ()))
    if not parts:
        return [[sorted(readings.values(), key=lambda one: (one.taken, one.picture))]]
    first, *later = ([by_name[picture] for picture in part] for part in parts)
    return [[first], *([[one] for one in part] for part in later)]


def _alone(held: dict[str, list[Reading]], read: Read) -> dict[str, list[Reading]]:
    """A clock of its own for every picture of a session that no device made, as far as is known."""
    placed = {one.picture for some in held.values() for one in some}
    wanted = {picture for one in read.sessions for picture in one.pictures} - placed
    known = {one.picture: one for one in read.readings.values() if one.picture in wanted} | read.timeless
    return {f"picture:{picture}": [known[picture]] for picture in sorted(wanted)}


def _told(device: _Device, found: Mapping[str, Clock]) -> dict[str, Any]:
    """One device; its offset is that of whichever of its epochs."""
    rows = [
        _epoch(parts, [found[device.clock(epoch, at)] for at in range(len(parts))]) for epoch, parts in enumerate(device.epochs)
    ]
    contradiction = next((row["contradiction"] for row in rows if row["contradiction"]), "")
    fits = [row["right_somewhere"] for row in rows]
    return {
        "id": device.name,
        "by": device.by,
        "offset": [_of(min, [row["offset"][0] for row in rows]), _of(max, [row["offset"][1] for row in rows])],
        "in_zones": _joined(stretch for row in rows for stretch in row["in_zones"]),
        "right_somewhere": None if None in fits else all(fits),
        "contradiction": contradiction,
        "decisive": [bound for row in rows for bound in row["decisive"]],
        "epochs": rows,
        "readings": sum(row["readings"] for row in rows),
        "bounds": sum(row["bounds"] for row in rows),
        "caveat": CAVEAT,
    }


def _of(best: Callable[[Iterable[float]], float], ends: Sequence[float | None]) -> float | None:
    """The end that holds all; None where one is open."""
    known = [end for end in ends if end is not None]
    return best(known) if len(known) == len(ends) else None


def _joined(stretches: Iterable[Iterable[float]]) -> list[list[float]]:
    """Stretches of offsets of any of several clocks, in order."""
    found: list[list[float]] = []
    for begin, end in sorted(map(list, stretches)):
        if found and begin <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([begin, end])
    return found


def _epoch(parts: Sequence[Sequence[Reading]], clocks: Sequence[Clock]) -> dict[str, Any]:
    """An epoch, whose offset is that of whichever of its pictures."""
    fits = [one.right_somewhere for one in clocks]
    least, most = _of(min, [one.least for one in clocks]), _of(max, [one.most for one in clocks])
    decisive = (bound for one in clocks for bound in one.decisive if one.contradiction or bound.offset in {least, most})
    return {
        "first": parts[0][0].picture,
        "last": parts[-1][-1].picture,
        "offset": [least, most],
        "in_zones": _joined(stretch for one in clocks for stretch in one.zones),
        "right_somewhere": None if None in fits else all(fits),
        "contradiction": next((one.contradiction for one in clocks if one.contradiction), ""),
        "decisive": [
            {
                "offset": bound.offset,
                "sha256": bound.picture,
                "reason": bound.reason,
                "chain": [{"sha256": picture, "reason": reason} for picture, reason in bound.chain],
            }
            for bound in dict.fromkeys(decisive)
        ],
        "readings": sum(one.readings for one in clocks),
        "bounds": sum(one.bounds for one in clocks),
    }
