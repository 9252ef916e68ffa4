"""All evidence of a case, pair by pair: every two units that have anything in common, fused into one ratio."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from homeward.core.counted import counted, of_camera
from homeward.core.posted import posted
from homeward.core.stacked import SEPARATOR
from homeward.flow.clues import sights as sight_links
from homeward.flow.clues import text_links
from homeward.flow.clues.rarity import Commonness
from homeward.flow.series.clock_devices import set_anew
from homeward.links import fuse_traces, headers, rarity, sight_evidence, text
from homeward.links.fuse import Cue, Fused, calibration, fuse
from homeward.links.fuse_traces import CROWD, Posting, Trace, cues, first_posters, mates, meetings, pairs_of, silence, star_of
from homeward.store import noise, posters, reads, stacks, traces

if TYPE_CHECKING:
    from homeward.store import Case

Pair = tuple[int, int]
COPIED = "compilations hold clips of many series"
ALIKE = "pictures that look alike are taken from one spot, or of one print"


def fused_pairs(case: Case, items: Collection[int] | None = None) -> Iterator[Fused]:
    """Every two units with any evidence, in the order of units; a unit is a stack of copies, by its exemplar, or lies alone.

    Args:
        case: everything that was found in it so far.
        items: only pairs of which one is the unit of one of these items; all unless told.
    """
    home = units(case)
    wanted = None if items is None else {home[item] for item in items if item in home}
    found = evidence(case, home, wanted)
    for pair in sorted(found):
        yield fuse(*pair, found[pair])


def folder_mates(case: Case, home: dict[int, int], wanted: Callable[[Pair], bool], most: int) -> list[Fused]:
    """Pairs that lie in one folder and need not share anything else, in their order: the first ``most`` that are ``wanted``."""
    found = list(islice(filter(wanted, mates(all_traces(case, home).values())), most))
    said = evidence(case, home, (), found)
    return [fuse(*pair, said[pair]) for pair in found]


def units(case: Case) -> dict[int, int]:
    """The unit of every item that can be looked at."""
    home = {item: item for item in traces.kinds(case)}
    home.update((row.item, row.exemplar) for row in stacks.members(case))
    return home


def evidence(
    case: Case, home: dict[int, int], wanted: Collection[int] | None = None, also: Iterable[Pair] = ()
) -> dict[Pair, list[Cue]]:
    """Every cue about two units, by pair, the smaller first.

    Args:
        case: everything that was found in it so far.
        home: :func:`units`.
        wanted: only pairs of which one is among these units; all unless told.
        also: pairs to be told of that need not meet by anything.
    """
    found: dict[Pair, list[Cue]] = defaultdict(list)
    told = all_traces(case, home)
    found.update((pair, []) for pair in (*meetings(told.values(), wanted), *also))
    for a, b, cue in (*_seen(case), *_words(case), *_footage(case)):
        one, other = home.get(a), home.get(b)
        if one is not None and other is not None and one != other and (wanted is None or one in wanted or other in wanted):
            found[min(one, other), max(one, other)].append(cue)
    for pair, cue in _cameras(case, home, wanted, list(found)):
        found[pair].append(cue)
    for pair, known in found.items():
        first, second = (told.get(unit, Trace(unit)) for unit in pair)
        known.extend(cues(first, second))
        known.extend(silence(first, second, known))
    return {pair: said for pair, said in found.items() if said}


def all_traces(case: Case, home: dict[int, int]) -> dict[int, Trace]:
    """What is known of each unit beside what it shows."""
    held: dict[int, dict[str, set[Any]]] = defaultdict(lambda: defaultdict(set))
    models: dict[int, str] = {}
    taken: dict[int, int] = {}
    for row in traces.stated(case):
        _state(row, held[home[row.item]], models)
        when = _seconds(row.taken, "%Y:%m:%d %H:%M:%S")
        if when is not None and models[row.item]:
            taken[row.item] = when
    anew = set_anew(case, taken)
    for item, when in taken.items():
        if item not in anew:
            held[home[item]]["times"].add((models[item], when))
    for item, label, path in traces.places(case):
        _place(label, path, models.get(item, ""), held[home[item]])
    for item, name in traces.series_names(case):
        held[home[item]]["series"].add(name)
    rows = [row for row in posters.rows(case) if row.item in home]
    who = first_posters(Posting(home[row.item], row.site, row.handle, row.time, row.passed_on) for row in rows)
    return {
        unit: Trace(
            unit,
            **{kind: frozenset(values) for kind, values in held[unit].items()},
            posters=who[unit].who if unit in who else frozenset(),
            passed_on=unit in who and who[unit].passed_on,
        )
        for unit in sorted(held)
    }


def _state(row: traces.Stated, held: dict[str, set[Any]], models: dict[int, str]) -> None:
    body = headers.device(headers.HeaderFacts(row.item, "", row.make, row.model, row.serial, ""))
    models[row.item] = f"{row.make} {row.model}".strip()
    if body is not None:
        held["bodies"].add(body)
    if row.position is not None:
        held["positions"].add(row.position)


def _place(label: str, path: str, model: str, held: dict[str, set[Any]]) -> None:
    holder, joint, inside = path.rpartition(SEPARATOR)
    folder, slash, name = inside.rpartition("/")
    kind = "camera_folders" if of_camera(folder) else "folders"
    held[kind].add(f"{label} > {holder}{joint if slash else ''}{folder}")  # of an archive without folders, itself
    if number := counted(name):
        held["counters"].add((f"{number[0]} {model}", number[1]))
    stamp = posted(name)
    if stamp is not None:
        held["stamps"].add(stamp)


def _seconds(words: str, form: str) -> int | None:
    try:
        return int(datetime.strptime(words, form).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _seen(case: Case) -> Iterator[tuple[int, int, Cue]]:
    """Places and things, and what agrees point by point."""
    made, caveats = sight_evidence.calibrations(), sight_evidence.CAVEATS
    weakened = Commonness(case, sight_links.standing_keys(case)).weakened()
    weighed = f"{made['object'].name}; {rarity.calibration().name}"
    for row in traces.sights(case, sight_links.standing_keys(case)):
        a, b = row["a_id"], row["b_id"]
        thing = weakened[a, b]
        score = float(row["place_score"])
        clip = f"; {sight_evidence.OF_CLIPS}" if max(row["time_a"], row["time_b"]) >= 0 else ""
        yield a, b, Cue("place", row["place_lr"] / 1000, score, row["reason"], made["place"].name, caveats["place"] + clip)
        yield a, b, Cue("object", thing["log10_lr"], float(row["score"]), thing["reason"], weighed, caveats["object"] + clip)
    fusion = calibration()
    for a, b, score in traces.look_alikes(case):
        reason = f"they agree point by point in {score / 10:.0f} % of what both should show"
        yield a, b, Cue("look-alike", fusion.traces["look-alike"], score / 1000, reason, fusion.name, ALIKE)


def _words(case: Case) -> Iterator[tuple[int, int, Cue]]:
    for link in text_links.between(case):
        caveat = next(iter(link.caveats), "")
        yield link.a, link.b, Cue("text", link.log10_lr, link.rarity, link.reason, text.calibration().name, caveat)


def _footage(case: Case) -> Iterator[tuple[int, int, Cue]]:
    fusion = calibration()
    for a, b, share in traces.clip_pairs(case):
        reason = f"{share / 10:.0f} % of one is seen in the other"
        yield a, b, Cue("copy", fusion.traces["copy"], share / 1000, reason, fusion.name, COPIED)


def crowds(case: Case) -> list[tuple[int, ...]]:
    """Units of one camera, folder or list that are too many for :func:`fused_pairs` to tell pair by pair.

    The first of each is told with each of the others; of a camera the one that is surest of it.
    """
    home = units(case)
    devices = (_surest_first(best) for best in _devices(case, home) if len(best) > CROWD)
    return [*devices, *fuse_traces.crowds(all_traces(case, home).values())]


def _devices(case: Case, home: dict[int, int]) -> Iterator[dict[int, noise.CameraRow]]:
    """For each device its units, with the row of the picture that supports it most."""
    for rows in noise.devices(case).values():
        best: dict[int, noise.CameraRow] = {}
        for row in rows:
            unit = home[row.item]
            if unit not in best or row.log10_lr > best[unit].log10_lr:
                best[unit] = row
        yield best


def _surest_first(best: dict[int, noise.CameraRow]) -> tuple[int, ...]:
    """Units of a device in the order of how sure they are: of two pictures the weaker counts, so a weak one holds nothing."""
    return tuple(sorted(best, key=lambda unit: (-best[unit].log10_lr, -best[unit].score, unit)))


def _cameras(
    case: Case, home: dict[int, int], wanted: Collection[int] | None, met: Collection[Pair]
) -> Iterator[tuple[Pair, Cue]]:
    """Two units of one device: the ratio of the weaker picture against the device, for both must be of it.

    Of a crowd only the surest unit with each of the others, and pairs that have ``met`` in other ways.
    """
    for best in _devices(case, home):
        crowd = len(best) > CROWD
        apart = {pair for pair in met if pair[0] in best and pair[1] in best} if crowd else set()
        for a, b in apart.union(star_of(_surest_first(best)[0], best, wanted)) if crowd else pairs_of(best, wanted):
            weaker = min(best[a], best[b], key=lambda row: (row.log10_lr, row.score))
            yield (a, b), _camera(weaker)
    for row in noise.offers(case):
        a, b = sorted((home[row.item], home[row.device]))
        if a != b and (wanted is None or a in wanted or b in wanted):
            yield (a, b), _camera(row)


def _camera(row: noise.CameraRow) -> Cue:
    caveat = next(iter(row.caveats), "")
    return Cue("camera", row.log10_lr / 1000, row.score / 1000, row.reason, row.calibration, caveat)


def links(case: Case) -> list[dict[str, Any]]:
    """Fused evidence as ``homeward links --fused`` prints it: the strongest first, each with its parts."""
    found = list(fused_pairs(case))
    names = reads.item_names(case)
    paths = reads.stacked_paths(case, {unit for one in found for unit in (one.a, one.b)})
    listed = [_link(one, names, paths) for one in found]
    return sorted(listed, key=lambda link: (-link["log10_lr"], link["a"], link["b"]))


def between(case: Case, a: int, b: int) -> dict[str, Any] | None:
    """What all evidence says about two items, or the units that they lie in; None where nothing does."""
    home = units(case)
    one, other = sorted((home.get(a, a), home.get(b, b)))
    said = evidence(case, home, [one], [(one, other)]).get((one, other)) if one != other else None
    if not said:
        return None
    return _link(fuse(one, other, said), reads.item_names(case, [one, other]), reads.stacked_paths(case, {one, other}))


def _link(one: Fused, names: dict[int, str], paths: dict[int, list[str]]) -> dict[str, Any]:
    decisive = [cue.reason for cue in one.parts if cue.log10_lr > 0]
    return {
        "kind": "fused",
        "a": names[one.a],
        "b": names[one.b],
        "a_time": None,
        "b_time": None,
        "score": one.log10_lr,
        "log10_lr": round(one.log10_lr, 3),
        "method": "fusion",
        "reason": decisive[0] if decisive else "nothing speaks for one series",
        "calibration": one.calibration,
        "caveats": list(one.caveats),
        "parts": [
            {
                "kind": cue.kind,
                "log10_lr": cue.log10_lr,
                "score": cue.score,
                "reason": cue.reason,
                "calibration": cue.calibration,
                "caveat": cue.caveat,
            }
            for cue in one.parts
        ],
        "a_paths": paths.get(one.a, []),
        "b_paths": paths.get(one.b, []),
    }
