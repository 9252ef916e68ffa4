"""Asking a case with a picture from outside: which of its pictures sensor noise supports to be by the same device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.flow.copies.near_hashes import near_hashes
from homeward.flow.executors import Processes
from homeward.flow.finding import asking, camera_frames
from homeward.flow.finding.asking import Picture, at_work
from homeward.flow.finding.camera_frames import WholeFrame
from homeward.flow.noise import residuals
from homeward.flow.noise.clips import summed_frame
from homeward.flow.noise.digests import buckets
from homeward.flow.noise.residuals import Residual
from homeward.flow.noise.shared import stacked
from homeward.flow.steps import DESCRIBE
from homeward.indexes import fingerprint, marks
from homeward.indexes.fingerprint import Found, Prints
from homeward.indexes.frames import Frame, Spectra
from homeward.links import camera
from homeward.links.devices import copies_from, pictures
from homeward.links.nuclei import hoped
from homeward.store import noise, reads
from homeward.store.noise import Shot

if TYPE_CHECKING:
    from homeward.store import Case

EXACT, MEMBERS = 8, 12
"""References that are compared by whole residuals, and pictures of each that are read again for it."""
SEARCHED = 64
"""Devices of other sizes that are searched, those with most pictures first: about a second each."""
FOUND = 3.5
"""Deviations below which a search has found nothing."""


class Reference(msgspec.Struct, frozen=True):
    """Pictures of the case that are taken for one device, or a single one, and how the picture asked with agrees."""

    shots: tuple[Shot, ...]
    likeness: tuple[float, ...]
    """Agreement with each of ``shots`` alone, in deviations; zeros where only the fingerprint was searched."""
    score: float
    stand: tuple[Shot, ...]
    """One of ``shots`` for each picture: copies of one say no more than it does."""
    expected: float | None = None
    """The score that the reference by itself lets expect of a mate; None where that is not known."""
    geometry: Found | None = None
    """Where and how the picture lies on the sensor; None where it has the sensor's own size."""
    whole: bool = False
    """Whether whole frames were compared at the one place where the picture then lies."""
    copies: bool = False
    """Whether these are copies of the picture asked with: they agree whatever the sensor, and say nothing of other pictures."""


class Question(msgspec.Struct, frozen=True, eq=False):
    """The noise of the picture asked with."""

    asked: Residual
    frame: Frame
    spectra: Spectra
    """What searches share: the picture is transformed once for each turn and not once for each device."""
    shown: frozenset[int]
    """Items that show the picture, by copy hash and stack: the noise of that moment would agree in whatever size."""


def find_cameras(case: Case, picture: Picture, top: int) -> list[dict[str, Any]]:
    """Pictures of the case whose sensor noise agrees with that of ``picture``, best first; see the command reference.

    Pictures of the same size are compared one by one and as devices. Devices whose frame, scaled, would have the size of the
    picture are compared by whole frames; the others, and where that finds nothing, are searched for a crop, a scaled copy, a
    turn and a mirror image, without the pictures that are copies of the one asked with. It is itself left out where the case
    holds it.

    Raises:
        WrongUse: sensor noise has not been measured yet.
        TooLittle: the picture cannot be read, or has no usable noise.
        OSError: the file cannot be opened.
    """
    with at_work() as crew:
        sha256, asked = residuals.of_file(crew, picture)
        question = Question(asked, Frame(asked.plane(), asked.width, asked.height), Spectra(), _shown(crew, case, picture))
        whole = camera_frames.compared(crew, case, question.frame, question.shown, question.spectra)
        references = sorted(_references(case, sha256, question, whole), key=lambda one: (one.whole, -one.score))
        by_digest = [one for one in references if not one.whole]
        references[: len(by_digest)] = _exact(crew, case, question, by_digest[:EXACT]) + by_digest[EXACT:]
    found = sorted((row for one in references for row in _rows(one, asked)), key=lambda row: row.pop("order"))[:top]
    paths = reads.stacked_paths(case, {row["item"] for row in found})
    return [{"sha256": row["sha256"], "time": None, "paths": paths.get(row.pop("item"), []), **row} for row in found]


def _shown(crew: Processes, case: Case, picture: Picture) -> frozenset[int]:
    near = near_hashes(case, asking.asked(crew, picture, DESCRIBE.function)[1])
    home = stacked(case)
    stacks = {home.get(item, item) for item in near}
    return frozenset(item for item in {*home, *near} if home.get(item, item) in stacks)


def _references(case: Case, sha256: str, question: Question, whole: dict[int, WholeFrame]) -> list[Reference]:
    """Everything in the case that the picture can be compared with: by digests, but where its whole frame was found."""
    asked = question.asked
    references: list[Reference] = []
    searched = []
    known = _devices(case)
    met = False
    for all_shots, digests in buckets(case):
        met = True
        chosen = [at for at, shot in enumerate(all_shots) if shot.sha256 != sha256]
        shots = [all_shots[at] for at in chosen]
        held = fingerprint.prints(digests if len(chosen) == len(digests) else digests[chosen])
        if shots and (shots[0].width, shots[0].height) == (asked.width, asked.height):
            references += _alike(asked, shots, held, known)
            continue
        for group in _grouped(shots, known).values():
            rows = np.array([at for at in group if shots[at].item not in question.shown], np.int64)
            frames = next((whole[shots[at].item] for at in rows if shots[at].item in whole), None)
            if frames is not None:
                references.append(_by_frame(frames, tuple(shots[at] for at in rows)))
            elif len(rows) > 1:
                searched.append((len(rows), shots, held, rows))
    if not met:
        raise WrongUse(f"no sensor noise of this case has been measured yet (run: homeward process {case.folder})")
    searched.sort(key=lambda entry: -entry[0])
    for _, shots, held, rows in searched[:SEARCHED]:
        references += _elsewhere(question, shots, held, rows)
    return references


def _devices(case: Case) -> dict[int, int]:
    """The item that names its device, of each item that has one."""
    return {row.item: device for device, rows in noise.devices(case).items() for row in rows}


def _grouped(shots: list[Shot], known: dict[int, int]) -> dict[int, NDArray[np.int64]]:
    """Places in ``shots`` by device; a picture without one is by itself."""
    found: dict[int, list[int]] = {}
    for at, shot in enumerate(shots):
        found.setdefault(known.get(shot.item, shot.item), []).append(at)
    return {device: np.array(rows, np.int64) for device, rows in found.items()}


def _alike(asked: Residual, shots: list[Shot], held: Prints, known: dict[int, int]) -> Iterator[Reference]:
    """Every device and single picture of the asked picture's own size, by digests; copies of it are told by themselves."""
    row = marks.against(fingerprint.prints(asked.digest[None]), held)
    strangers = marks.floor(held)
    itself = row >= copies_from(strangers)
    parts = (group[itself[group] == copies] for group in _grouped(shots, known).values() for copies in (False, True))
    for rows in filter(len, parts):
        matrix = marks.compare(held.take(rows))[1]
        files, alone = pictures(matrix, strangers)
        likeness, total = row[rows] / strangers, float(alone.sum(dtype=np.float64))
        order = np.argsort(-likeness, kind="stable")
        each = [row[rows[some]].sum() / max(float(matrix[np.ix_(some, some)].sum()), 1e-9) ** 0.5 for some in files]
        yield Reference(
            tuple(shots[rows[at]] for at in order),
            tuple(map(float, likeness[order])),
            float(sum(each)) / (max(total, 1e-9) ** 0.5 * strangers),
            tuple(
                shots[rows[at]]
                for at in sorted((max(some, key=likeness.__getitem__) for some in files), key=lambda at: -likeness[at])
            ),
            _hoped(total, len(files), strangers),
            copies=bool(itself[rows[0]]),
        )


def _by_frame(frames: WholeFrame, shots: tuple[Shot, ...]) -> Reference:
    found = frames.found
    return Reference(shots, (0.0,) * len(shots), found.deviations, frames.shots, geometry=found, whole=True)


def _elsewhere(question: Question, shots: list[Shot], held: Prints, rows: NDArray[np.int64]) -> Iterator[Reference]:
    """A device of another size, searched by the sum of its digests; nothing where nothing was found."""
    first = shots[rows[0]]
    matrix = marks.compare(held.take(rows))[1]
    strangers = fingerprint.floor(matrix, 64 * held.sure.shape[1])
    stand = rows[[some[0] for some in pictures(matrix, strangers)[0]]]
    sensor = summed_frame(held, stand, first.width, first.height)
    found = marks.search(sensor, question.frame, question.spectra)
    if found is not None and found.deviations >= FOUND:
        of_each = tuple(shots[at] for at in stand)
        yield Reference(tuple(shots[at] for at in rows), (0.0,) * len(rows), found.deviations, of_each, geometry=found)


def _exact(crew: Processes, case: Case, question: Question, references: list[Reference]) -> list[Reference]:
    """The same references by whole residuals, read again; what cannot be read any more stays as the digests say."""
    wanted = {shot.item: at for at, one in enumerate(references) for shot in one.stand[:MEMBERS]}
    totals: dict[int, _Fingerprint] = {}
    for item, read in residuals.of_items(crew, case, wanted):
        totals.setdefault(wanted[item], _Fingerprint()).add(read.plane())
    return [_weighed_again(question, one, totals[at]) if at in totals else one for at, one in enumerate(references)]


class _Fingerprint:
    """Residuals of norm 1, added up."""

    def __init__(self) -> None:
        self.plane: NDArray[np.float32] = np.zeros((1, 1), np.float32)
        self.count = 0

    def add(self, plane: NDArray[np.float32]) -> None:
        self.plane = self.plane + plane / np.float32(max(float(np.linalg.norm(plane)), 1e-9))
        self.count += 1


def _weighed_again(question: Question, one: Reference, whole: _Fingerprint) -> Reference:
    if one.geometry is None:
        said = fingerprint.aligned(whole.plane, marks.without(question.frame.plane, whole.plane))
        total = float(np.square(whole.plane, dtype=np.float64).sum())
        expected = _hoped(total, whole.count, said.floor) if said.floor else one.expected
        return msgspec.structs.replace(one, score=fingerprint.deviations(said.pce, said.places), expected=expected)
    sensor = Frame(whole.plane, one.shots[0].width, one.shots[0].height)
    found = marks.again(sensor, question.frame, one.geometry, question.spectra)
    return msgspec.structs.replace(one, score=found.deviations, geometry=found)


def _hoped(total: float, pictures: int, strangers: float) -> float | None:
    return float(hoped(np.array(total), pictures, strangers)) if pictures > 1 else None


def _rows(one: Reference, asked: Residual) -> Iterator[dict[str, Any]]:
    """One row a picture; those of a device share its evidence and come in the order of their own agreement."""
    makes = [shot.make for shot in one.shots if shot.make]
    make, made = makes[0] if makes else "", camera.calibration(camera.SHARED) if one.whole else None
    said = camera.weigh(one.score, len(one.stand), one.expected, make=make, geometry=one.geometry, made=made)
    for shot, likeness in zip(one.shots, one.likeness, strict=True):
        yield {
            "order": (-said.log10_lr, -said.score, -likeness, shot.sha256),
            "item": shot.item,
            "sha256": shot.sha256,
            "score": round(said.score, 3),
            "log10_lr": round(said.log10_lr, 3),
            "region": list(_region(one, asked)),
            "pictures": len(one.stand),
            "likeness": round(likeness, 3),
            "reason": f"a copy of this picture: {said.reason}" if one.copies else said.reason,
            "calibration": said.calibration,
            "caveats": [*([camera.COPIES] if one.copies else []), *said.caveats],
        }


def _region(one: Reference, asked: Residual) -> tuple[int, int, int, int]:
    """The part of the sensor that the picture shows."""
    sensor = one.shots[0].width, one.shots[0].height
    if one.geometry is None or one.whole:
        return 0, 0, *sensor
    return fingerprint.covered(one.geometry, sensor, (asked.width, asked.height))
