"""Writes review/static/world.js: outlines of countries and names of towns by Natural Earth (public domain, 1:110 million), from
the files that the wheel of geopandas 0.14.4 (BSD-3-Clause) holds.

usage: pip download --no-deps geopandas==0.14.4, unpack the wheel, python bench/make_world.py FOLDER/geopandas/datasets
"""

from __future__ import annotations

import itertools
import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from homeward.series.tables import countries

TARGET = Path(__file__).parents[1] / "src/homeward/review/static/world.js"
HUNDREDTHS = 100
"""Of a degree: a kilometre, which is finer than the outlines are."""


def records(path: Path) -> Iterator[bytes]:
    """The records of a shapefile (ESRI white paper, 1998)."""
    data = path.read_bytes()
    at = 100
    while at < len(data):
        (words,) = struct.unpack(">i", data[at + 4 : at + 8])
        yield data[at + 8 : at + 8 + 2 * words]
        at += 8 + 2 * words


def rings(record: bytes) -> Iterator[list[tuple[float, float]]]:
    """Rings of (longitude, latitude) of a polygon."""
    kind, *_, parts, points = struct.unpack("<i4d2i", record[:44])
    assert kind == 5
    starts = [*struct.unpack(f"<{parts}i", record[44 : 44 + 4 * parts]), points]
    values = struct.unpack(f"<{2 * points}d", record[44 + 4 * parts :])
    for first, last in itertools.pairwise(starts):
        yield list(zip(values[2 * first : 2 * last : 2], values[2 * first + 1 : 2 * last : 2], strict=True))


def steps(ring: list[tuple[float, float]]) -> list[int]:
    """Hundredths of degrees, the first point as it is and each other one from the one before."""
    whole = [(round(x * HUNDREDTHS), round(y * HUNDREDTHS)) for x, y in ring]
    kept = [whole[0], *(one for before, one in itertools.pairwise(whole) if one != before)]
    found = [*kept[0]]
    for before, one in itertools.pairwise(kept):
        found += [one[0] - before[0], one[1] - before[1]]
    return found


OTHER_NAMES = {
    "United States of America": "US", "Dem. Rep. Congo": "CD", "Congo": "CG", "Dominican Rep.": "DO", "Falkland Is.": "FK",
    "Fr. S. Antarctic Lands": "TF", "Timor-Leste": "TL", "Côte d'Ivoire": "CI", "Central African Rep.": "CF",
    "Eq. Guinea": "GQ", "eSwatini": "SZ", "Palestine": "PS", "Netherlands": "NL", "Solomon Is.": "SB",
    "Bosnia and Herz.": "BA", "S. Sudan": "SS", "W. Sahara": "EH",
}  # fmt: skip
"""Countries that GeoNames calls otherwise."""


def codes(told: list[str]) -> str:
    """The ISO 3166-1 code of each country that is named, ``-`` where it has none."""
    held = {name: code for code, name in countries().items()} | OTHER_NAMES
    return " ".join(held.get(name, "-") for name in told)


def names(path: Path) -> list[str]:
    """The first field called ``name`` of a dBASE table."""
    data = path.read_bytes()
    count, head, length = struct.unpack("<IHH", data[4:12])
    offset, at = 1, 32
    while data[at : at + 11].rstrip(b"\0").lower() != b"name":
        offset += data[at + 16]
        at += 32
    size = data[at + 16]
    starts = (head + row * length + offset for row in range(count))
    return [data[start : start + size].decode("latin-1").strip() for start in starts]


def main(folder: Path) -> None:
    """Write the module."""
    lands = folder / "naturalearth_lowres" / "naturalearth_lowres.shp"
    towns = folder / "naturalearth_cities" / "naturalearth_cities.shp"
    named = zip(names(lands.with_suffix(".dbf")), records(lands), strict=True)
    outlines = [(name, steps(ring)) for name, record in named for ring in rings(record)]
    points = [struct.unpack("<i2d", record[:20])[1:] for record in records(towns)]
    told = [[name, round(y, 2), round(x, 2)] for name, (x, y) in zip(names(towns.with_suffix(".dbf")), points, strict=True)]
    lines = [
        "// Outlines of countries and towns by Natural Earth (public domain), written by bench/make_world.py.",
        "// Rings: longitude and latitude in hundredths of degrees, each point from the one before.",
        "export const RINGS = [",
        *(json.dumps(one, separators=(",", ":")) + "," for _, one in outlines),
        "];",
        "// The country of each ring by its ISO 3166-1 code.",
        f'export const COUNTRIES = "{codes([name for name, _ in outlines])}".split(" ");',
        "// Name, latitude, longitude.",
        "export const TOWNS = [",
        *(json.dumps(one, separators=(",", ":"), ensure_ascii=False) + "," for one in told),
        "];",
    ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
