"""The demo material holds what its truth says, by other readers than those that will be shown it."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import tarfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pdqhash
import pytest
import pytsk3
from PIL import Image, ImageFile

from homeward.testing.demo_material import PDQ_OF_ROOM, DemoTruth, make
from homeward.testing.disk_images import PARTITION_START, SECTOR
from homeward.testing.exif_blocks import HEADER
from homeward.testing.scenes import room


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DemoTruth:
    return make(tmp_path_factory.mktemp("demo") / "material")


@pytest.fixture(scope="module")
def contents(made: DemoTruth) -> list[tuple[str, bytes]]:
    """Name and bytes of every file in every container, broken archives left out."""
    folder = made.known_list.parent
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != made.known_list)
    found = [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files]
    with tarfile.open(folder / "stick/backup.tar") as tar, zipfile.ZipFile(tar.extractfile("backup.zip")) as inner:
        found += [(f"backup/{name}", inner.read(name)) for name in inner.namelist()]
    letter = (folder / "stick/letter.doc").read_bytes()
    found.append(("letter/embedded", letter[letter.index(b"\xff\xd8\xff") : letter.rindex(b"\xff\xd9") + 2]))
    return [*found, *((f"laptop/{name}", data) for name, data, _ in laptop(folder))]


def laptop(folder: Path) -> list[tuple[str, bytes, bool]]:
    """Path, content and whether it is deleted, by The Sleuth Kit."""
    volume = pytsk3.FS_Info(pytsk3.Img_Info(str(folder / "laptop.img")), offset=PARTITION_START * SECTOR)
    found = []
    for parent in ("/Users/Public/Pictures", "/Users/Public/Desktop", "/Windows"):
        for entry in volume.open_dir(parent):
            if entry.info.meta.type == pytsk3.TSK_FS_META_TYPE_REG:
                data = entry.read_random(0, entry.info.meta.size)
                deleted = bool(entry.info.name.flags & pytsk3.TSK_FS_NAME_FLAG_UNALLOC)
                found.append((f"{parent}/{entry.info.name.name.decode()}", data, deleted))
    return found


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def loads(data: bytes) -> bool:
    try:
        Image.open(io.BytesIO(data)).load()
    except (OSError, SyntaxError):
        return False
    return True


def pdq_of(data: bytes) -> np.ndarray:
    return pdqhash.compute(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))[0].astype(bool)


def test_it_takes_seconds_and_is_the_same_every_time(made: DemoTruth, tmp_path: Path) -> None:
    begin = time.process_time()
    make(tmp_path)
    assert time.process_time() - begin < 15, "five seconds, with room for a busy machine"

    def tree(folder: Path) -> dict[str, tuple[str, float]]:
        files = [path for path in folder.rglob("*") if path.is_file() and path.name != "known-list.csv"]
        return {path.relative_to(folder).as_posix(): (sha256(path.read_bytes()), path.stat().st_mtime) for path in files}

    assert tree(tmp_path) == tree(made.known_list.parent)
    assert (tmp_path / "known-list.csv").read_bytes() == made.known_list.read_bytes()


def test_the_pictures_are_all_there_and_whole(made: DemoTruth, contents) -> None:
    counts = Counter(sha256(data) for _, data in contents if loads(data))
    assert set(counts) == made.pictures
    assert {content: count for content, count in counts.items() if count > 1} == made.copies


def test_marks_are_true(made: DemoTruth, contents) -> None:
    by_name = {name: sha256(data) for name, data in contents}
    assert made.embedded == {by_name["letter/embedded"]}
    assert made.disguised == {content for name, content in by_name.items() if name.endswith(".dll")}
    assert made.deleted == {sha256(data) for _, data, deleted in laptop(made.known_list.parent) if deleted}
    assert len(made.deleted) == 2
    assert made.damaged == {by_name["stick/broken/half.jpg"]}
    assert {name.removeprefix("stick/broken/") for name in by_name if name.startswith("stick/broken/")} == made.broken


def test_the_damaged_picture_can_be_shown_in_part(made: DemoTruth, contents, monkeypatch: pytest.MonkeyPatch) -> None:
    (data,) = (data for _, data in contents if sha256(data) in made.damaged)
    assert not loads(data)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert loads(data)


def test_stacks_are_the_near_copies_and_nothing_else(made: DemoTruth, contents) -> None:
    hashes = {sha256(data): pdq_of(data) for _, data in contents if sha256(data) in made.pictures}
    together = {frozenset(pair) for stack in made.stacks for pair in itertools.combinations(stack, 2)}
    for a, b in itertools.combinations(hashes, 2):
        distance = int(np.sum(hashes[a] != hashes[b]))
        assert (distance <= 31) if frozenset((a, b)) in together else (distance > 60)


def test_the_known_list_names_what_the_truth_says(made: DemoTruth, contents) -> None:
    rows = list(csv.DictReader(made.known_list.read_text(encoding="utf-8").splitlines()))
    assert {(row["series"], row["victim_identified"]) for row in rows} == {("Blue Door", "no"), ("Old Mill", "yes")}
    hits = set()
    for data in {data for _, data in contents if sha256(data) in made.pictures}:
        exact = {"md5": hashlib.md5(data).hexdigest(), "sha256": sha256(data)}
        for row in rows:
            told = (row["series"], row["victim_identified"] == "yes")
            hits |= {(sha256(data), kind, *told) for kind, value in exact.items() if row[kind] == value}
            if row["pdq"]:
                known = np.unpackbits(np.frombuffer(bytes.fromhex(row["pdq"]), np.uint8)).astype(bool)
                hits |= {(sha256(data), "pdq", *told)} if np.sum(known != pdq_of(data)) <= 31 else set()
    assert hits == {(hit.sha256, hit.kind, hit.series, hit.victim_identified) for hit in made.known}


@pytest.mark.parametrize("seed", PDQ_OF_ROOM)
def test_pdq_constants_are_the_reference_implementations(seed: int) -> None:
    bits, quality = pdqhash.compute(room(seed))
    assert np.packbits(bits).tobytes().hex() == PDQ_OF_ROOM[seed]
    assert quality >= 80


def test_one_thumbnail_shows_more_than_its_picture(made: DemoTruth, contents) -> None:
    showing_more, compared = set(), 0
    for _, data in contents:
        if (
            sha256(data) not in made.pictures
            or HEADER not in data[:64]
            or (start := data.find(b"\xff\xd8", 2)) < 0
            or start > 4096
        ):
            continue
        compared += 1
        if np.sum(pdq_of(data[start:]) != pdq_of(data)) > 60:
            showing_more.add(sha256(data))
    assert compared >= 10
    assert showing_more == made.more_in_thumbnail


def test_the_clip_lasts_four_seconds(made: DemoTruth, contents) -> None:
    (data,) = {data for _, data in contents if sha256(data) in made.videos}
    with av.open(io.BytesIO(data)) as container:
        assert container.duration == 4 * av.time_base
        assert sum(1 for _ in container.decode(video=0)) == 100


def test_exhibits_cover_everything_but_the_list(made: DemoTruth) -> None:
    assert {exhibit.path for exhibit in made.exhibits} | {made.known_list} == set(made.known_list.parent.iterdir())
    assert len({exhibit.label for exhibit in made.exhibits}) == 3
