"""PDQ: speed and faithfulness beside ``pdqhash`` as python-threatexchange runs it, on the same bytes, one core.

usage: python bench/pdq.py [--json FILE] [PART...]      parts: speed distance published video (all unless told)

The peer decodes with Pillow to RGB and hashes with ``pdqhash``. *fast* is the same work in our way: decode to reduced grey,
hash. *processed* is what ``homeward process`` does with a still, which walks the file for damage first; *exact* is what
``homeward hash`` does. Processor time, the least of the repeats for each picture and the median over pictures. No parameter was
chosen on these pictures.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pdqhash
import simplejpeg
from PIL import Image

from common import DATA, report
from homeward.descriptors.pdq import Pdq
from homeward.descriptors.pdq_exact import exact_pdq
from homeward.media.colour import decode_colour
from homeward.media.records import Grey
from homeward.media.reduction import choose_reduction
from homeward.media.stills import decode_still
from homeward.testing import scenes

SIZES = {"12 MP": (4000, 3000, 9, 10.0, 2), "2 MP": (1632, 1224, 24, 8.0, 6), "0.3 MP": (640, 480, 48, None, 6)}
"""Width, height, pictures, least ratio asked for, most bits asked for."""
QUALITIES = (75, 85, 90, 95)
REPEATS = 2
SURE = 80
"""PDQ quality from which upstream's own rule asks for likeness."""
Row = dict[str, str]
Said = tuple[bytes, int]


def main() -> None:
    """Run the parts that were asked for and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["speed", "distance", "published", "video"])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    known: dict[str, Callable[[], Iterator[Row]]] = {
        "speed": speed,
        "distance": distance,
        "published": published,
        "video": video,
    }
    rows = [row for part in asked.parts for row in known[part]()]
    report("PDQ beside pdqhash", rows, asked.json)


def peer(body: bytes) -> Said:
    """What python-threatexchange computes."""
    bits, quality = pdqhash.compute(np.asarray(Image.open(io.BytesIO(body)).convert("RGB")))
    return np.packbits(bits).tobytes(), quality


def fast(body: bytes) -> Said:
    """Our mode for matching, of a JPEG, without the walk for damage."""
    height, width = simplejpeg.decode_jpeg_header(body)[:2]
    reduction = choose_reduction(width, height)
    small = {"min_height": -(-height // reduction), "min_width": -(-width // reduction)}
    grey = simplejpeg.decode_jpeg(body, "GRAY", **small)[:, :, 0]
    said = Pdq().describe(Grey(grey, reduction, width, height))
    return (said.value, said.quality) if said else (bytes(32), 0)


def processed(body: bytes) -> Said:
    """Our mode for matching, of any still, as it is run."""
    sound = decode_still(body).sound()
    assert sound is not None
    said = Pdq().describe(sound)
    return (said.value, said.quality) if said else (bytes(32), 0)


def exact(body: bytes) -> Said:
    """Our mode for hashes that leave the agency."""
    picture = decode_colour(body)
    said = exact_pdq(picture.bands, picture.height, picture.width)
    return (said.value, said.quality) if said else (bytes(32), 0)


def pictures(width: int, height: int, count: int) -> list[bytes]:
    """JPEGs of photographs of places and of generated rooms at one size, with the grain that a camera would add."""
    paths = sorted((DATA / "places" / "img").glob("*.jpg"))
    rng = np.random.default_rng(width)
    found = []
    for number in range(count):
        if number % 3 == 2:
            source = Image.fromarray(scenes.room(number, 1600, 1200)).convert("RGB")
        else:
            source = Image.open(paths[(number * 37) % len(paths)]).convert("RGB")
        pixels = np.asarray(source.resize((width, height), Image.Resampling.LANCZOS)).astype(np.int16)
        grain = rng.normal(0, 3, (height, width, 1)).astype(np.int16)
        out = io.BytesIO()
        grainy = Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))
        grainy.save(out, "JPEG", quality=QUALITIES[number % 4], subsampling=number % 3)
        found.append(out.getvalue())
    return found


def timed(hashed: Callable[[bytes], Said], bodies: list[bytes]) -> tuple[float, list[Said]]:
    """Median seconds of processor time a picture, and the hashes."""
    seconds, said = [], []
    for body in bodies:
        spent = []
        for _ in range(REPEATS):
            began = time.process_time()
            result = hashed(body)
            spent.append(time.process_time() - began)
        seconds.append(min(spent))
        said.append(result)
    return float(np.median(seconds)), said


def speed() -> Iterator[Row]:
    """Pictures a second at three sizes."""
    for name, (width, height, count, least, most) in SIZES.items():
        bodies = pictures(width, height, count)
        theirs, wanted = timed(peer, bodies)
        for mode, hashed in (("fast", fast), ("processed", processed), ("exact", exact)):
            ours, said = timed(hashed, bodies)
            apart = distances(said, wanted)
            limits = [
                f"{least:.0f} x" if least and mode == "fast" else "",
                "0 bits" if mode == "exact" else f"most {most} bits",
            ]
            yield {
                "what": f"{name}, {mode}",
                "pictures": f"{len(apart)}",
                "ours": f"{1 / ours:.1f}/s",
                "peer": f"{1 / theirs:.1f}/s",
                "ratio": f"{theirs / ours:.1f} x",
                "bits median": f"{np.median(apart):.0f}",
                "bits most": f"{max(apart)}",
                "limit": ", ".join(filter(None, limits)),
            }


def distance() -> Iterator[Row]:
    """Bits to the peer over every conformance and world picture."""
    for name, folder in (("conformance pictures", "pdq/pdq"), ("world pictures", "world/files")):
        bodies = [path.read_bytes() for path in stills(DATA / folder)]
        wanted = [peer(body) for body in bodies]
        for mode, hashed in (("fast", processed), ("exact", exact)):
            said = [hashed(body) for body in bodies]
            apart = distances(said, wanted, SURE if mode == "fast" else 0)
            limit = "median 0, most 6 bits at quality 80" if mode == "fast" else "0 bits at any quality"
            yield told(f"{name}, {mode}", apart, limit)


def published() -> Iterator[Row]:
    """Bits to the hashes that upstream published."""
    rows = list(csv.DictReader((DATA / "pdq" / "expected_hashes.csv").open(encoding="utf-8")))
    said = [processed((DATA / "pdq" / row["path"]).read_bytes()) for row in rows]
    wanted = [(bytes.fromhex(row["pdq_hex"]), 100) for row in rows]
    python = [row["implementation"] == "python-reference" for row in rows]
    for name, chosen, limit in (("published hashes", False, 10), ("published by the Python reference", True, 16)):
        some = [at for at, is_python in enumerate(python) if is_python == chosen]
        apart = distances([said[at] for at in some], [wanted[at] for at in some])
        yield told(f"{name}, fast", apart, f"most {limit} bits at quality 80 (upstream's rule)")


def video() -> Iterator[Row]:
    """Bits to upstream's frame hashes, every frame from its luma plane."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "media"))
    from frame_hashes import reference_frames

    apart = []
    seconds = 0.0
    for path in sorted((DATA / "pdq" / "tmk" / "sample-videos").glob("*.mp4")):
        reference = DATA / "pdq" / "vpdq" / "sample-hashes" / f"{path.stem}.txt"
        began = time.process_time()
        apart += [bits for bits, quality in reference_frames(path, reference) if quality >= SURE]
        seconds += time.process_time() - began
    row = told("frames of 8 videos, fast", apart, "most 10 bits at quality 80 (upstream's rule)")
    yield row | {"ours": f"{len(apart) / seconds:.0f} frames/s"}


def told(what: str, apart: list[int], limit: str) -> Row:
    return {
        "what": what,
        "pictures": f"{len(apart)}",
        "ours": "",
        "peer": "",
        "ratio": "",
        "bits median": f"{np.median(apart):.0f}",
        "bits most": f"{max(apart)}",
        "limit": limit,
    }


def stills(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".png", ".webp"})


def distances(said: list[Said], wanted: list[Said], least: int = SURE) -> list[int]:
    """Bits apart where both qualities are at least ``least``."""
    return [
        (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
        for (one, ours), (other, theirs) in zip(said, wanted, strict=True)
        if min(ours, theirs) >= least
    ]


if __name__ == "__main__":
    main()
