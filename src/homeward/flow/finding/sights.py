"""Asking a case where a place or a thing of a picture was seen: the whole picture, or a region of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.descriptors.scene import Features
from homeward.flow.clues.elsewhere import CANDIDATES, LEAST, seen_in
from homeward.flow.clues.rarity import Commonness, columns, told, weakened
from homeward.flow.clues.sights import standing_keys
from homeward.flow.described import STILL
from homeward.flow.features.boxes import Box, around
from homeward.flow.features.comparing import MIRRORED
from homeward.flow.features.gallery import Backgrounds, Featured, Gallery, Moments
from homeward.flow.finding.asking import Answers, Picture, TooLittle
from homeward.flow.finding.copies import measured
from homeward.flow.finding.moments import CAVEAT, Shown, of_clips
from homeward.flow.finding.regions import LEAST_FEATURES, LEAST_SCORE, SHARING, Found, ask_region, shared
from homeward.links.geometry import box_around, inverse
from homeward.links.rarity import Common, Elsewhere, calibration
from homeward.links.regions import inside_box
from homeward.links.sight_evidence import Evidence, weigh
from homeward.links.sights import Sight
from homeward.links.site import beside, look
from homeward.store import backgrounds, reads, stacks

if TYPE_CHECKING:
    from homeward.indexes.local import LocalIndex
    from homeward.store import Case
    from homeward.store.reads import Facts

SHORTLIST = 50
"""Pictures that share the most features with what is asked, which are looked at."""

SAME_SCENE = 2000
"""Milliseconds within which a measured frame stands for the moment that somebody asks about."""


class Region(msgspec.Struct, frozen=True):
    """A part of a picture in full-size pixels."""

    x: int
    y: int
    width: int
    height: int


def find_sights(case: Case, picture: Picture, kind: str, region: Region | None, top: int) -> Answers:
    """Pictures of the case that show the place or the thing, best first; see the command reference for the shape.

    Features of a picture that the case holds are not measured again. It is asked as it is and in a mirror. A clip is answered
    once, with the moment that says most; ``moments`` tells all frames of it that were looked at and show something of it.

    Args:
        case: the case that is asked.
        picture: the picture file that is asked with.
        kind: ``place`` or ``object``.
        region: where in the picture it is; everywhere unless told.
        top: at most so many answers.

    Raises:
        WrongUse: local features of the case have not been measured yet, or the region lies outside of the picture.
        TooLittle: the picture cannot be read, or it or the region shows too little.
        OSError: the file cannot be opened.
    """
    held = _compared(case)
    question = _held(held.stills, reads.item_names(case), picture)
    return _answers(case, held, held.stills.features(question) if question else measured(picture), question, kind, region, top)


def sights_of(case: Case, item: int, kind: str, region: Region | None, top: int, time_ms: int = STILL) -> Answers:
    """The same, asked with what the case itself holds, whose features are stored: a still (``time_ms`` is -1), or the measured
    frame of a clip that is nearest to a moment of it.

    Raises:
        WrongUse: local features of it have not been measured, or the region lies outside of it.
        TooLittle: it or the region shows too little.
    """
    held = _compared(case)
    if time_ms >= 0:
        return _answers(case, held, _frame(held.moments, item, time_ms), item, kind, region, top)
    if item not in held.stills:
        raise WrongUse("local features of this picture have not been measured: it is no still, or shows too little")
    return _answers(case, held, held.stills.features(item), item, kind, region, top)


def _frame(moments: Moments, item: int, time_ms: int) -> Features:
    times = [time for held, time in map(moments.named, moments.items) if held == item]
    if not times:
        raise WrongUse("no moment of this has been measured: it is no clip, or shows too little")
    nearest = min(times, key=lambda time: abs(time - time_ms))
    if abs(nearest - time_ms) > SAME_SCENE:
        raise WrongUse(f"no frame near this moment was measured; the nearest is at {nearest / 1000:.1f} seconds")
    return moments.features(moments.number(item, nearest))


class _Compared(NamedTuple):
    stills: Gallery
    moments: Moments


def _compared(case: Case) -> _Compared:
    """What a case can be asked about, opened once for one question."""
    held = _Compared(Gallery(case), Moments(case))
    if not any(map(len, held)):
        raise WrongUse(f"no pictures of this case have been compared yet (run: homeward process {case.folder})")
    return held


def _answers(
    case: Case, held: _Compared, shown: Features, question: int, kind: str, region: Region | None, top: int
) -> Answers:
    rows = _within(shown, kind, region)
    most = min(max(top, SHORTLIST), SHARING)
    found = {item: Shown(one) for item, one in _found(held.stills, shown, kind, region, rows, most).items()}
    found |= of_clips(_found(held.moments, shown, kind, region, rows, most))
    facts = reads.item_facts(case)
    common = _common(case, shown, rows, question, found) if kind == "object" else {}
    answers = [_answer(item, one, one.best.region, facts[item], common.get(item)) for item, one in found.items()]
    for member in stacks.members(case):
        one = found.get(member.exemplar)
        if one is not None and one.time_ms == STILL and member.item not in found:
            lies = carried(one.best.region, inverse(member.matrix), facts[member.item])
            if lies is not None:
                answers.append(_answer(member.item, one, lies, facts[member.item], common.get(member.exemplar)))
    best = sorted(answers, key=lambda row: (-row["log10_lr"], -row["score"], row["sha256"]))[:top]
    paths = reads.stacked_paths(case, {row["item"] for row in best})
    told = Answers(
        {"sha256": row["sha256"], "time": row["time"], "paths": paths.get(row.pop("item"), []), **row} for row in best
    )
    told.looked = most if any(_more(gallery, shown.codes[rows], most) for gallery in held) else 0
    return told


def _more(gallery: Featured, codes: NDArray[np.uint8], most: int) -> bool:
    """Whether more pictures of a gallery than ``most`` share something with some features."""
    return len(gallery) > most and len(gallery.index().search(codes, most + 1).id) > most


def _held(gallery: Gallery, names: dict[int, str], picture: Picture) -> int:
    """The item of the case whose bytes a picture has, where its features are stored; 0 for none."""
    with picture.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return next((item for item, name in names.items() if name == sha256 and item in gallery), 0)


def _common(case: Case, shown: Features, rows: NDArray[np.int64], question: int, found: dict[int, Shown]) -> dict[int, Common]:
    """How common the thing is that each answer shows, of those that show enough of it to be counted."""
    answers = {
        item: (around(shown, one.own.agreeing.a), one.region, weigh(one.own, "place").log10_lr, time_ms)
        for item, one, time_ms in ((item, told.best, told.time_ms) for item, told in found.items())
        if one.own is not None and one.own.score >= LEAST and item != question
    }
    beyond: list[Elsewhere] = []
    if backgrounds.parts(case):
        held = Backgrounds(case)
        near = held.index().search(shown.codes[rows], CANDIDATES).id.tolist()
        beyond = [Elsewhere(question, box, one.place) for one, box in seen_in(held, shown, near, rows)]
    return Commonness(case, standing_keys(case)).asked(question, answers, beyond)


def _within(shown: Features, kind: str, region: Region | None) -> NDArray[np.int64]:
    """Rows of the features that are asked with; a thing may have few of its own, where its surroundings have some."""
    if region is None:
        return np.arange(len(shown), dtype=np.int64)
    if min(region.x, region.y) < 0 or min(region.width, region.height) < 1:
        raise WrongUse("a region is X,Y,WIDTH,HEIGHT in pixels, none of them negative, width and height at least 1")
    if region.x >= shown.full_width or region.y >= shown.full_height:
        raise WrongUse(f"the region lies outside of the picture, which has {shown.full_width} x {shown.full_height} pixels")
    rows = inside_box(shown, msgspec.structs.astuple(region))
    told = len(shown) if kind == "object" else len(rows)
    if told < LEAST_FEATURES:
        what = "picture" if kind == "object" else "region"
        raise TooLittle(f"the {what} shows too little: {told} features, and {LEAST_FEATURES} are needed")
    return rows


def _found(
    gallery: Featured, shown: Features, kind: str, region: Region | None, rows: NDArray[np.int64], most: int
) -> dict[int, Found]:
    """Each picture of a gallery that may show it; a thing in a region is asked about by what is around it too.

    Of whole pictures, the better of the sights as they are and in a mirror.
    """
    if not len(gallery):
        return {}
    index = gallery.index()
    if kind == "object" and region is not None:
        return ask_region(index, gallery.features, shown, msgspec.structs.astuple(region), most, gallery.thinned)
    found = dict[int, Sight]()
    for asked, count in ((shown, most), (shown.mirrored(), MIRRORED)):
        for item, seen in _seen(gallery, index, asked, rows, count):
            if seen is not None and seen.score >= max(LEAST_SCORE, found[item].score + 1 if item in found else 0):
                found[item] = seen
    return {
        item: Found(weigh(seen, kind), around(gallery.features(item), seen.agreeing.b), seen) for item, seen in found.items()
    }


def _seen(
    gallery: Featured, index: LocalIndex, asked: Features, rows: NDArray[np.int64], most: int
) -> Iterator[tuple[int, Sight | None]]:
    """What is seen in each picture that shares most with what is asked; where a mark lies over that, in those that share most
    beside it too: of one site there may be more than are looked at.
    """
    looked, marks = set[int](), set[Box]()
    for item in islice(gallery.thinned(shared(index, asked.codes[rows])), most):
        looked.add(item)
        seen, mark = look(asked, gallery.features(item), rows)
        if mark is not None:
            marks.add(around(asked, mark.agreeing.a))
        yield item, seen
    left = np.intersect1d(rows, beside(asked, marks))
    if marks and len(left):
        for item in islice(gallery.thinned(shared(index, asked.codes[left])), most):
            if item not in looked:
                yield item, look(asked, gallery.features(item), rows)[0]


def carried(there: Sequence[int], matrix: NDArray[np.float64], facts: Facts) -> Box | None:
    """A box in another copy of the picture; None where it was cut away."""
    low, high = np.rint(box_around(there, matrix).clip(0, [facts.width, facts.height])).astype(int)
    size = high - low
    return (int(low[0]), int(low[1]), int(size[0]), int(size[1])) if size.min() > 0 else None


def _answer(item: int, one: Shown, region: Box, facts: Facts, how: Common | None) -> dict[str, Any]:
    said, clip = one.best.said, one.time_ms != STILL
    weighed = f"{said.calibration}; {calibration().name}" if said.kind == "object" else said.calibration
    return {
        "item": item,
        "sha256": facts.sha256,
        "time": one.time_ms / 1000 if clip else None,
        "score": said.score,
        "log10_lr": _ratio(said, how),
        "region": list(region),
        "reason": said.reason + (told(how) if how else ""),
        "calibration": weighed,
        "caveats": [said.caveat, *([CAVEAT] if clip else [])],
        **({"rarity": columns(how)} if how else {}),
        **({"moments": [_moment(time_ms, found, how) for time_ms, found in one.moments]} if clip else {}),
    }


def _moment(time_ms: int, found: Found, how: Common | None) -> dict[str, Any]:
    return {"time": time_ms / 1000, "log10_lr": _ratio(found.said, how), "region": list(found.region)}


def _ratio(said: Evidence, how: Common | None) -> float:
    return round(weakened(said.log10_lr, how) if how else said.log10_lr, 3)
