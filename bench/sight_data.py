"""Pictures with local features and the truth about them, for benchmarks and calibrations of places and things."""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from common import DATA
from homeward.descriptors import descriptor
from homeward.descriptors.scene import Features, unpack
from homeward.flow.clues.elsewhere import LEAST
from homeward.flow.features.boxes import around
from homeward.flow.features.gallery import Moments
from homeward.flow.tasks.frames import spread
from homeward.flow.tasks.moments import MOST_FRAMES
from homeward.indexes.local import LocalIndex
from homeward.links.rarity import Common, Seen, common
from homeward.links.regions import inside_box
from homeward.links.sight_evidence import calibrations, score_for
from homeward.links.sights import sight
from homeward.media import video
from homeward.media.records import Grey
from homeward.media.stills import decode_still

CANDIDATES = 25
SEEN = 2000
"""Visible pixels from which a thing counts as shown."""
NEAR = 30
"""Degrees between two views of a thing up to which local features are thought to be found again."""
BANDS = ((0.005, 0.02), (0.02, 0.08), (0.08, 0.15), (0.15, 0.5))
"""Shares of the picture that a thing's box takes."""
SAME_ROOM = ("same session", "other session", "other version")
Row = dict[str, str]
PART = 500
"""Visible pixels from which a part of a thing counts as shown."""


class Query(msgspec.Struct, frozen=True):
    """A thing in a box of a picture, and the pictures that show it."""

    at: int
    box: tuple[float, float, float, float]
    """x, y, width, height in full-size pixels."""
    wanted: frozenset[int]
    """Show 0.6 of it or more, where that is known."""
    partly: frozenset[int]
    """Show any part of it; these and the wanted ones."""
    thing: str = ""
    near: frozenset[int] = frozenset()
    """Of the wanted ones those that show it from within 30 degrees, at half to twice its size, where that is known."""


class Gallery:
    """n pictures: sound luminance and features; too little to measure is an empty set of features."""

    def __init__(self, paths: list[Path]) -> None:
        self.greys: list[Grey | None] = [decode_still(path.read_bytes()).sound() for path in paths]
        self.features = [_features(grey) for grey in self.greys]

    def __len__(self) -> int:
        return len(self.features)

    def index(self) -> LocalIndex:
        """A local index over all of them, by number."""
        index = LocalIndex(Path(tempfile.mkdtemp(prefix="homeward-bench-")) / "index")
        index.add(np.arange(len(self)), [found.codes for found in self.features])
        return index


class Pair(msgspec.Struct, frozen=True):
    """Two camera pictures and what is true of them; scores are 0 where nothing agrees."""

    rooms: tuple[str, str]
    places: tuple[str, str]
    shared: bool
    """Whether one thing or surface is shown in both."""
    score: int
    deep: int
    spread: int
    seen: Seen
    """The sight as it is kept in a case; boxes without a size where nothing agrees."""

    def same(self, kind: str) -> bool | None:
        """Whether they show one ``place`` or one ``object``; None where the question does not arise.

        Two rooms of one home are one place that no picture can show.
        """
        if kind == "object":
            return self.shared
        if self.rooms[0] == self.rooms[1]:
            return True
        return None if self.places[0] == self.places[1] else False


def world(name: str) -> tuple[Gallery, list[Row]]:
    """The camera pictures of a rendered world, one a burst, and what is true of each; its room's twin is in ``twin_of``."""
    root = DATA / name / "truth"
    files = {row["file_id"]: row for row in table(root / "files.csv")}
    twins = {row["room"]: row["twin_of"] for row in table(root / "rooms.csv")}
    shown = [row for row in table(root / "originals.csv") if row["burst_of"] in {"", row["file_id"]}]
    for row in shown:
        row["twin_of"] = twins[row["room"]]
    return Gallery([DATA / name / files[row["file_id"]]["path"] for row in shown]), shown


def originals(name: str) -> tuple[Gallery, list[Row]]:
    """The same with every picture of every burst."""
    root = DATA / name / "truth"
    files = {row["file_id"]: row for row in table(root / "files.csv")}
    twins = {row["room"]: row["twin_of"] for row in table(root / "rooms.csv")}
    shown = [row | {"twin_of": twins[row["room"]]} for row in table(root / "originals.csv")]
    return Gallery([DATA / name / files[row["file_id"]]["path"] for row in shown]), shown


def shared_again(held: Gallery) -> list[Features]:
    """The features of pictures as platforms pass them on: 480 pixels along the longest side, JPEG of quality 50, grey."""
    made = []
    for grey in held.greys:
        if grey is None:
            made.append(_features(None))
            continue
        height, width = grey.pixels.shape
        scale = min(1.0, 480 / max(height, width))
        small = cv2.resize(grey.pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        made.append(_features(decode_still(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 50])[1].tobytes()).sound()))
    return made


def products() -> tuple[Gallery, list[str]]:
    """The photographs of places, packages of sibling products among them, and the group of each; empty for those of none."""
    rows = table(DATA / "places/groundtruth.csv")
    return Gallery([DATA / "places/img" / row["file"] for row in rows]), [row["group"].strip("-") for row in rows]


def relation(a: Row, b: Row) -> str:
    """What the room of one picture is to the room of another."""
    if a["room"] == b["room"]:
        if a["session"] == b["session"]:
            return "same session"
        return "other session" if a["room_version"] == b["room_version"] else "other version"
    if a["place"] == b["place"]:
        return "other room of the home"
    return "twin room" if a["twin_of"] == b["room"] or b["twin_of"] == a["room"] else "other home"


def candidates(name: str) -> tuple[list[Pair], dict[int, str]]:
    """Every pair of a world that the index puts among the first 25 of either picture, and the camera of each picture."""
    held, shown = world(name)
    index = held.index()
    things = shown_things(name)
    pairs = {
        (min(at, other), max(at, other))
        for at in range(len(held))
        for other in index.search(held.features[at].codes, CANDIDATES + 1).id.tolist()
        if other != at
    }
    return [pair_of(held, shown, things, a, b) for a, b in sorted(pairs)], dict(enumerate(row["device"] for row in shown))


def scenes() -> tuple[Gallery, list[str]]:
    """The photographs of places, packages left out, and the scene of each; empty for those of no scene."""
    rows = [row for row in table(DATA / "places/groundtruth.csv") if not row["group"].startswith("pack")]
    groups = [row["group"] if row["group"] != "-" else "" for row in rows]
    return Gallery([DATA / "places/img" / row["file"] for row in rows]), groups


def crop_queries() -> tuple[Gallery, list[Query]]:
    """The photographs of places and an analyst's boxes in them."""
    files = [row["file"] for row in table(DATA / "places/groundtruth.csv")]
    held, at = Gallery([DATA / "places/img" / name for name in files]), {name: number for number, name in enumerate(files)}
    queries = []
    for row in table(DATA / "places/crop_queries.csv"):
        shown = frozenset(at[name] for name in row["positives"].split())
        queries.append(Query(at[row["query_file"]], _box(row), shown, shown))
    return held, queries


def thing_queries(name: str, most: int) -> tuple[Gallery, list[Row], dict[str, list[Query]]]:
    """A world, and up to ``most`` questions in each band about a whole thing that is shown in another picture too."""
    held, shown = world(name)
    view = _Views(name, held, shown)
    at = {row["file_id"]: number for number, row in enumerate(shown)}
    seen: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    partly: dict[str, set[int]] = defaultdict(set)
    for row in table(DATA / name / "truth/image_objects.csv"):
        if row["file_id"] not in at or ":" in row["object_id"] or int(row["visible_px"]) < PART:
            continue
        partly[row["object_id"]].add(at[row["file_id"]])
        if float(row["visible_fraction"] or 0) >= 0.6 and int(row["visible_px"]) >= SEEN:
            seen[row["object_id"]].append((at[row["file_id"]], row))
    found: dict[str, list[Query]] = {f"{100 * low:g} to {100 * high:g} %": [] for low, high in BANDS}
    for thing, places in seen.items():
        for number, row in places if len(places) > 1 else []:
            box, features = _box(row), held.features[number]
            share = box[2] * box[3] / (features.full_width * features.full_height)
            band = next((f"{100 * low:g} to {100 * high:g} %" for low, high in BANDS if low <= share < high), None)
            if band is not None:
                wanted = frozenset(other for other, _ in places) - {number}
                near = frozenset(
                    other for other, one in places if other in wanted and view.near((number, box), (other, _box(one)))
                )
                found[band].append(Query(number, box, wanted, frozenset(partly[thing]) - {number}, thing, near))
    rng = np.random.default_rng(0)
    for band, queries in found.items():
        some = rng.permutation(len(queries))[:most]
        found[band] = [queries[at] for at in sorted(some)]
    return held, shown, found


Boxed = tuple[int, tuple[float, float, float, float]]
"""A picture by number, and a box in it."""


class _Views:
    """From where the pictures of a world show things."""

    def __init__(self, name: str, held: Gallery, shown: list[Row]) -> None:
        self._held, self._shown = held, shown
        self._wide = {row["device"]: np.radians(float(row["hfov"])) for row in table(DATA / name / "truth/devices.csv")}

    def near(self, one: Boxed, other: Boxed) -> bool:
        """Whether two boxes of a thing are seen from within :data:`NEAR` degrees in one room, at half to twice the size."""
        cosine = float(self._ray(one) @ self._ray(other))
        size = np.sqrt(one[1][2] * one[1][3] / (other[1][2] * other[1][3]))
        return bool(self._room(one) == self._room(other) and cosine >= np.cos(np.radians(NEAR)) and 0.5 <= size <= 2)

    def _room(self, one: Boxed) -> str:
        return self._shown[one[0]]["room"]

    def _ray(self, one: Boxed) -> NDArray[np.float64]:
        """(3,) unit vector from the camera to the middle of a box; of pictures stored on their side the direction of view."""
        row, features = self._shown[one[0]], self._held.features[one[0]]
        ahead = np.array([float(part) for part in row["view_dir"].split()])
        right = np.cross(ahead, [0, 0, 1])
        right /= np.linalg.norm(right)
        wide, high = features.full_width, features.full_height
        focal = max(wide, high) / 2 / np.tan(self._wide[row["device"]] / 2)
        x, y, width, height = one[1]
        aside = 0.0 if row["portrait"] == "1" and wide > high else 1 / focal
        ray: NDArray[np.float64] = (
            ahead + aside * (x + width / 2 - wide / 2) * right + aside * (y + height / 2 - high / 2) * np.cross(ahead, right)
        )
        return ray / np.linalg.norm(ray)


def clip_frames(name: str) -> tuple[list[int], list[Features], Callable[[str], set[int]]]:
    """The measured frames of the clips of a world, copies left out, by number (``Moments``); and which clips show a thing."""
    root = DATA / name / "truth"
    paths = {row["file_id"]: DATA / name / row["path"] for row in table(root / "files.csv")}
    clips = {row["file_id"]: number for number, row in enumerate(table(root / "videos.csv"), 1)}
    showing: dict[str, set[int]] = defaultdict(set)
    for row in table(root / "video_objects.csv"):
        if int(row["visible_px"]) >= SEEN:
            showing[row["object_id"]].add(clips[row["file_id"]])
    numbers, features = [], []
    for file_id, number in clips.items():
        with paths[file_id].open("rb") as file:
            for frame in spread(video.open_video(file)[1], MOST_FRAMES):
                numbers.append(Moments.number(number, frame.time_ms))
                features.append(features_of(frame.grey))
    return numbers, features, lambda thing: showing.get(thing, set())


def windows() -> tuple[Gallery, list[Query], list[str]]:
    """The photographs of scenes, and of each the window that most features lie in, of some that take 8 to 15 % of it."""
    held, groups = scenes()
    rng, queries = np.random.default_rng(0), []
    for at, features in enumerate(held.features):
        wanted = frozenset(other for other in range(len(held)) if other != at and groups[other] == groups[at])
        if groups[at] and wanted and len(features):
            full = np.array([features.full_width, features.full_height])
            sides = full * np.sqrt(rng.uniform(0.08, 0.15, 40))[:, None]
            lows = 0.15 * full + rng.uniform(size=(40, 2)) * (0.7 * full - sides).clip(0)
            boxes = [(*low.tolist(), *side.tolist()) for low, side in zip(lows, sides, strict=True)]
            queries.append(Query(at, max(boxes, key=lambda box: len(inside_box(features, box))), wanted, wanted))
    return held, queries, groups


def _box(row: Row) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(row[side]) for side in ("x0", "y0", "x1", "y1"))
    return x0, y0, x1 - x0, y1 - y0


def pair_of(held: Gallery, shown: list[Row], things: dict[str, set[str]], a: int, b: int) -> Pair:
    """Two pictures of a world, compared."""
    here, there = held.features[a], held.features[b]
    found = sight(here, there)
    score, deep, spread = (found.score, found.deep, found.spread) if found else (0, 0, 0)
    boxes = (around(here, found.agreeing.a), around(there, found.agreeing.b)) if found else ((0, 0, 0, 0), (0, 0, 0, 0))
    place = calibrations()["place"].log10_lr(score_for("place", score, deep, spread))
    return Pair(
        rooms=(shown[a]["room"], shown[b]["room"]),
        places=(shown[a]["place"], shown[b]["place"]),
        shared=bool(things[shown[a]["file_id"]] & things[shown[b]["file_id"]]),
        score=score,
        deep=deep,
        spread=spread,
        seen=Seen(a, b, tuple(boxes[0]), tuple(boxes[1]), place),
    )


def rarities(pairs: list[Pair], cameras: dict[int, str]) -> list[Common | None]:
    """How common the thing of each pair is, as a case counts it; None where there is no sight that a case keeps."""
    kept = [pair for pair in pairs if pair.score >= LEAST]
    told = iter(common([pair.seen for pair in kept], cameras))
    return [next(told) if pair.score >= LEAST else None for pair in pairs]


def _features(sound: Grey | None) -> Features:
    said = descriptor("scene").describe(sound) if sound is not None else None
    if said is not None:
        return unpack(said.value)
    return Features(np.zeros((0, 128), np.uint8), np.zeros((0, 4), np.float32), 1, 1, 1, 1)


def features_of(pixels: NDArray[np.uint8]) -> Features:
    """The features of (h, w) luminance."""
    return _features(Grey(pixels, 1, pixels.shape[1], pixels.shape[0]))


def shown_things(name: str) -> dict[str, set[str]]:
    """The things and surfaces that each picture of a world shows."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in table(DATA / name / "truth/image_objects.csv"):
        if int(row["visible_px"]) >= SEEN:
            found[row["file_id"]].add(row["object_id"])
    return found


def table(path: Path) -> list[Row]:
    """The rows of a table of truths."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
