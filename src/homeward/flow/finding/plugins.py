"""Asking a case with a picture by a plug-in of the agency: it ranks, and says nothing about how sure it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.core import WrongUse
from homeward.descriptors.plugin import (
    DetectorPlugin,
    GlobalPlugin,
    LocalPlugin,
    MatcherPlugin,
    ReadingPlugin,
    SoundPlugin,
    digest,
    value_name,
)
from homeward.descriptors.plugin_boxes import rows_with, unpack_boxes
from homeward.descriptors.plugin_features import PluginFeatures, pack, unpack
from homeward.descriptors.plugin_sound import unpack_stretches
from homeward.flow import plugins
from homeward.flow.finding.asking import TooLittle, asked, at_work
from homeward.flow.finding.regions import LEAST_FEATURES, LEAST_SCORE
from homeward.flow.finding.sights import SHORTLIST, Region, carried
from homeward.flow.plugins import HEAR, MEASURE, UNCALIBRATED, Held
from homeward.flow.units import Paired, PairOrder
from homeward.links.geometry import Matches, inverse
from homeward.links.plugin_matches import mutual
from homeward.links.sights import explained
from homeward.sandbox import Call, Lost, Message
from homeward.store import reads, stacks

if TYPE_CHECKING:
    from homeward.store import Case

MATCH = "homeward.flow.tasks.plugins:match"


class Hit(msgspec.Struct, frozen=True):
    """A picture that a plug-in put forward; ``region`` in its full pixels, all of it where there is none. Of a clip: the second
    at which it sounds like what was asked with.
    """

    score: float
    reason: str
    region: list[int] | None = None
    time: float | None = None


def find_by_plugin(case: Case, picture: Path, kind: str, region: Region | None, top: int, name: str) -> list[dict[str, Any]]:
    """Pictures of the case in the order of the plug-in ``name``, best first; see the command reference for the shape.

    Args:
        case: the case that is asked.
        picture: the picture file that is asked with.
        kind: ``place`` or ``object``: the plug-in must be meant for it.
        region: where in the picture it is; everywhere unless told.
        top: at most so many answers.
        name: of the plug-in.

    Raises:
        WrongUse: there is no such plug-in, it is for something else, or has not been asked about the case's pictures.
        TooLittle: the picture cannot be read, or it or the region shows too little.
        OSError: the file cannot be opened.
    """
    if not plugins.available():
        raise WrongUse(plugins.MISSING)
    one = plugins.called(case, name)
    if kind not in one.plugin.purpose:
        raise WrongUse(f"the plug-in {name!r} is meant for {' and '.join(one.plugin.purpose)}, not for {kind}")
    caveats = [UNCALIBRATED]
    if isinstance(one.plugin, DetectorPlugin | ReadingPlugin):
        does = plugins.DOES[plugins.kind_of(one.plugin)]
        raise WrongUse(f"the plug-in {name!r} {does}: it is asked with --text, without a picture")
    if isinstance(one.plugin, GlobalPlugin):
        found = _by_vectors(case, one, one.plugin, picture, region)
    elif isinstance(one.plugin, SoundPlugin):
        if region is not None:
            raise WrongUse("sound has no regions")
        found = _by_sound(case, one, one.plugin, picture)
    else:
        found = _by_features(case, one, picture, region, max(top, SHORTLIST), caveats)
    return _told(case, one, found, top, caveats)


def find_by_label(case: Case, label: str, top: int, name: str) -> list[dict[str, Any]]:
    """Pictures in which the detector ``name`` found what it calls ``label``, the surest first.

    Raises:
        WrongUse: there is no such plug-in, it has no such label, or has not been asked about the case's pictures.
    """
    one = plugins.called(case, name)
    if not isinstance(one.plugin, DetectorPlugin):
        raise WrongUse(f"the plug-in {name!r} knows no labels: it is no detector")
    if label not in one.plugin.model.labels:
        raise WrongUse(f"the plug-in {name!r} has no label {label!r}; it has: {', '.join(one.plugin.model.labels)[:1000]}")
    wanted, found = one.plugin.model.labels.index(label), dict[int, Hit]()
    for run in runs_of(case, one):
        for row in rows_with(run["value"], one.plugin, np.array([wanted], np.uint16)).tolist():
            said = unpack_boxes(run["value"][row], one.plugin)
            those = np.flatnonzero(said.labels == wanted)
            score = int(said.scores[those[0]])
            reason = f"{label}, {score} %" + (f"; {len(those)} of it" if len(those) > 1 else "")
            corners = said.boxes[those[0]].reshape(2, 2)
            found[int(run["item"][row])] = Hit(score / 100, reason, _box_around(corners))
    return _told(case, one, found, top, [UNCALIBRATED])


def _by_vectors(case: Case, one: Held, plugin: GlobalPlugin, picture: Path, region: Region | None) -> dict[int, Hit]:
    runs = runs_of(case, one)
    box = _box(plugin, region)
    with at_work() as crew:
        said = asked(crew, picture, MEASURE, one.tool(case), box)[1]
    wanted = _lengthened(np.frombuffer(_value(said.pictures[0].values, one), np.int8)[None])[0]
    found: dict[int, Hit] = {}
    for run in runs:
        cosines = _lengthened(run["value"].view(np.int8)) @ wanted
        for item, cosine in zip(run["item"].tolist(), cosines.tolist(), strict=True):
            found[item] = Hit(round(cosine, 4), f"cosine of {cosine:.3f}")
    return found


def _by_sound(case: Case, one: Held, plugin: SoundPlugin, clip: Path) -> dict[int, Hit]:
    """Clips by the pair of stretches, of what is asked with and of the clip, that are most alike."""
    runs = runs_of(case, one)
    with at_work() as crew:
        said = asked(crew, clip, HEAR, one.tool(case))[1]
    own = unpack_stretches(_value(said.pictures[0].values, one), plugin)
    shown, found = _lengthened(own.codes), dict[int, Hit]()
    for run in runs:
        for row in run:
            held = unpack_stretches(row["value"], plugin)
            cosines = shown @ _lengthened(held.codes).T
            mine, theirs = np.unravel_index(int(cosines.argmax()), cosines.shape)
            cosine, here, there = float(cosines[mine, theirs]), own.times[mine] / 1000, float(held.times[theirs] / 1000)
            reason = f"cosine of {cosine:.3f}, from second {here:g} of what is asked with"
            found[int(row["item"])] = Hit(round(cosine, 4), reason, time=there)
    return found


def _by_features(case: Case, one: Held, picture: Path, region: Region | None, most: int, caveats: list[str]) -> dict[int, Hit]:
    """The pictures with most matching features, then what geometry explains of them (or of what a matcher says)."""
    source = one
    if isinstance(one.plugin, MatcherPlugin):
        wanted = one.plugin.model.features
        beside = [other for other in plugins.held(case) if other.registered.manifest == wanted]
        if not beside:
            raise WrongUse(
                f"the plug-in whose features {one.plugin.id!r} matches is not asked by this version: see plugin list"
            )
        source = beside[0]
    plugin = source.plugin
    assert isinstance(plugin, LocalPlugin), "a matcher is registered only beside the features that it matches"
    runs = runs_of(case, source)
    with at_work() as crew:
        said = asked(crew, picture, MEASURE, source.tool(case))[1]
    shown = _within(unpack(_value(said.pictures[0].values, source), plugin), region)
    held = {int(row["item"]): row["value"] for run in runs for row in run}
    agreeing = {item: mutual(shown.codes, unpack(value, plugin).codes) for item, value in held.items()}
    short = sorted((item for item in held if len(agreeing[item].a)), key=lambda item: (-len(agreeing[item].a), item))[:most]
    matched: Callable[[int], Matches | None] = agreeing.get
    if source is not one:
        pairs, failures = _matched(case, one, source, shown, {item: held[item].tobytes() for item in short})
        matched = pairs.get
        caveats += failures
    found = {}
    for item in short:
        other, matches = unpack(held[item], plugin), matched(item)
        seen = explained(shown, other, matches) if matches is not None else None
        if seen is not None and seen.score >= LEAST_SCORE:
            found[item] = Hit(
                seen.score, f"{len(seen.agreeing.a)} features agree on one geometry", _around(other, seen.agreeing.b)
            )
    return found


def _matched(
    case: Case, one: Held, source: Held, shown: PluginFeatures, held: dict[int, bytes]
) -> tuple[dict[int, Matches], list[str]]:
    """What a matcher says of each candidate, behind the lock, and on how many it failed, with the first reason."""
    plugin, tool = source.plugin, one.tool(case)
    assert isinstance(plugin, LocalPlugin)
    a, found, reasons = pack(shown, plugin), dict[int, Matches](), list[str]()
    with at_work() as crew, ExitStack() as beside:
        model = beside.enter_context(Path(tool.model).open("rb")).fileno()
        calls = (
            Call(item, MATCH, msgspec.msgpack.encode(PairOrder(one.manifest, source.manifest, a, b)), (model,), _paired)
            for item, b in held.items()
        )
        for event in crew.pool(MATCH, tool).run(calls):
            if isinstance(event, Lost):
                reasons.append(event.reason)
            elif isinstance(event, Message):
                item, said = int(str(event.key)), event.body
                matches = Matches(np.array(said.a, np.int64), np.array(said.b, np.int64))
                count = len(unpack(held[item], plugin))
                if (
                    said.refused
                    or len(matches.a) != len(matches.b)
                    or (matches.a >= len(shown)).any()
                    or (matches.b >= count).any()
                ):
                    reasons.append(said.refused or "its answer makes no sense")
                else:
                    found[item] = matches
    return found, [f"the matcher failed on {len(reasons)} of {len(held)} pictures: {reasons[0]}"] if reasons else []


_paired = msgspec.msgpack.Decoder(Paired).decode


def _told(case: Case, one: Held, found: dict[int, Hit], top: int, caveats: list[str]) -> list[dict[str, Any]]:
    facts = reads.item_facts(case)
    whole = {item: [0, 0, facts[item].width, facts[item].height] for item in found}
    rows = [(hit, item, hit.region or whole[item]) for item, hit in found.items()]
    lies = {item: region for _, item, region in rows}
    for member in stacks.members(case):
        copied = member.item not in found and member.exemplar in found and member.item != member.exemplar
        if copied and not isinstance(one.plugin, SoundPlugin):  # a copy may have another sound, or none
            region = carried(lies[member.exemplar], inverse(member.matrix), facts[member.item])
            if region is not None:
                rows.append((found[member.exemplar], member.item, list(region)))
    rows = sorted(rows, key=lambda row: (-row[0].score, facts[row[1]].sha256))[:top]
    paths = reads.stacked_paths(case, {item for _, item, _ in rows})
    return [
        {
            "sha256": facts[item].sha256,
            "time": hit.time,
            "paths": paths.get(item, []),
            "score": hit.score,
            "log10_lr": None,
            "region": None if hit.time is not None else region,
            "reason": hit.reason,
            "calibration": None,
            "plugin": named(one),
            "caveats": caveats,
        }
        for hit, item, region in rows
    ]


def named(one: Held) -> dict[str, str]:
    """Which plug-in an answer comes from."""
    return {"id": one.plugin.id, "version": one.plugin.version, "manifest": one.registered.manifest}


def runs_of(case: Case, one: Held) -> list[NDArray[Any]]:
    """What a plug-in said of the case, segment by segment.

    Raises:
        WrongUse: nothing yet; what to do about it.
    """
    runs = list(case.segments.read(one.folder))
    if not any(map(len, runs)):
        raise WrongUse(f"{one.plugin.id} has said nothing about this case yet (run: homeward process {case.folder})")
    return runs


def _value(values: dict[str, tuple[int, bytes]], one: Held) -> bytes:
    return values[value_name(one.plugin, digest(one.manifest))][1]


def _lengthened(codes: NDArray[np.int8]) -> NDArray[np.float32]:
    """Rows of length 1."""
    vectors = codes.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1), np.float32)


def _box(plugin: GlobalPlugin, region: Region | None) -> tuple[int, int, int, int] | None:
    """The part of the picture that is shown to a plug-in, with some of what is around it."""
    if region is None:
        return None
    how = plugin.regions
    if not how.supported:
        raise WrongUse(f"the plug-in {plugin.id!r} looks at whole pictures only")
    if min(region.width, region.height) < how.min_side:
        raise TooLittle(f"the region shows too little: {plugin.id} needs {how.min_side} pixels a side")
    across, down = round(how.pad * region.width), round(how.pad * region.height)
    left, top = max(0, region.x - across), max(0, region.y - down)
    return left, top, region.x + region.width + across - left, region.y + region.height + down - top


def _within(shown: PluginFeatures, region: Region | None) -> PluginFeatures:
    if region is not None:
        low, high = [region.x, region.y], [region.x + region.width, region.y + region.height]
        inside = (shown.points >= low).all(axis=1) & (shown.points < high).all(axis=1)
        shown = shown.only(np.flatnonzero(inside).astype(np.int64))
    if len(shown) < LEAST_FEATURES:
        raise TooLittle(f"it shows too little: {len(shown)} features, and {LEAST_FEATURES} are needed")
    return shown


def _around(features: PluginFeatures, rows: NDArray[np.int64]) -> list[int]:
    """x, y, width and height in full pixels around some features."""
    return _box_around(features.points[rows])


def _box_around(points: NDArray[np.float32]) -> list[int]:
    low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))
    return [int(low[0]), int(low[1]), max(1, int(high[0] - low[0])), max(1, int(high[1] - low[1]))]
