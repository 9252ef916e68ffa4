"""A small case's worth of benign material: three exhibits and a known list, made in seconds, and what must be found in them.

The pictures are drawn rooms. Cameras, series, codes and file names are invented.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec

from homeward.testing.corpus.patching import put
from homeward.testing.corpus.samples import tar_of, zip_of
from homeward.testing.disk_images import DiskFile, fat_image
from homeward.testing.encoding import encode, film
from homeward.testing.exif_blocks import Shot
from homeward.testing.scenes import border, brighten, crop, recompress, resize, room

_BEGIN = datetime(2024, 5, 3, 9, 0, 0, tzinfo=timezone(timedelta(hours=2)))
_LAKE = (-48.8767, -123.3933)
"""Far from any land."""
_BROADCAST, _SHARED, _ON_LAPTOP = 3, 11, 41
"""Rooms that the known list names."""
PDQ_OF_ROOM = {
    _BROADCAST: "67cc9972f9876f78becc9c4d9f4c0e716db34738c04f21f24132a2f16442cc39",
    _ON_LAPTOP: "7aad349b76c9eae9dd3a34b2b68808cb8d6ad4aeab966ab842bca11638685ec1",
}
"""As the reference implementation hashes these rooms at 640 x 480."""


class DemoExhibit(msgspec.Struct, frozen=True):
    """One delivery, to be ingested under its label."""

    label: str
    path: Path


class KnownHit(msgspec.Struct, frozen=True):
    """An item that the known list names, by one kind of hash."""

    sha256: str
    kind: str
    series: str
    victim_identified: bool


class DemoTruth(msgspec.Struct, frozen=True):
    """What must be found. Contents are named by SHA-256 in lower-case hexadecimal."""

    exhibits: tuple[DemoExhibit, ...]
    known_list: Path
    pictures: frozenset[str]
    """Every whole still, in whatever container, also deleted and embedded; the archive that is cut short may give more."""
    videos: frozenset[str]
    copies: dict[str, int]
    """Contents with several occurrences, and how many."""
    stacks: frozenset[frozenset[str]]
    """Contents that show the same picture; stacks of one left out."""
    known: frozenset[KnownHit]
    """Hits that must be there. Near-copies of a picture that is known by PDQ are among them."""
    deleted: frozenset[str]
    embedded: frozenset[str]
    disguised: frozenset[str]
    """Pictures whose file name claims another type."""
    more_in_thumbnail: frozenset[str]
    """Pictures whose EXIF thumbnail shows what was cropped away."""
    damaged: frozenset[str]
    """Stills that can be shown in part."""
    broken: frozenset[str]
    """Names of the files whose row must say what is wrong with them."""


def make(folder: Path) -> DemoTruth:
    """Write the material into ``folder``, which is made if need be. The same bytes every time.

    Raises:
        OSError: it cannot be written.
    """
    case = _Material(folder)
    originals = case.phone()
    case.stick(originals)
    case.laptop(originals)
    return case.truth(case.known_list(originals))


class _Material:
    """The exhibits in the making, and the truth as it grows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stacks: list[frozenset[str]] = []
        self._seen: Counter[str] = Counter()
        self._marked: dict[str, set[str]] = {
            name: set() for name in ("videos", "deleted", "embedded", "disguised", "more_in_thumbnail", "damaged", "broken")
        }
        self._known: set[KnownHit] = set()

    def phone(self) -> dict[int, bytes]:
        """Thirty pictures by two makes, with and without thumbnails, and a clip; returns the pictures by room."""
        originals: dict[int, bytes] = {}
        for seed in range(1, 31):
            pixels, halden = room(seed), seed <= 18
            taken = _BEGIN + timedelta(hours=7 * seed, milliseconds=130 * seed)
            make, model, serial = ("Halden", "Halden H2", "H2-004711") if halden else ("Brightwater", "Pocket 7", "BW7-90210")
            place = _LAKE if seed % 3 == 0 else (None, None)
            shot = Shot(make, model, taken, serial, *place)
            shown, whole = (crop(pixels, 0.25), pixels) if seed == 24 else (pixels, pixels)
            thumbnail = None if halden else resize(whole, 0.25)
            originals[seed] = encode(shown, quality=92 if halden else 85, shot=shot, thumbnail=thumbnail)
            name = f"IMG_{seed:04d}.jpg" if halden else f"P7_{seed:05d}.JPG"
            self._picture(f"phone/DCIM/{100 + seed // 10}MEDIA/{name}", originals[seed], taken)
        self._marked["more_in_thumbnail"].add(_sha256(originals[24]))
        wide = room(51, 480, 240)
        clip = film([wide[:, at : at + 320] for at in range(100)])
        self._write("phone/DCIM/VID_0001.mp4", clip)
        self._marked["videos"].add(_sha256(clip))
        return originals

    def stick(self, originals: dict[int, bytes]) -> None:
        """Copies and near-copies, a zip in a tar, a document with a picture inside, and broken files."""
        for seed, name in ((5, "wallpaper.jpg"), (_SHARED, "new folder/1.jpg"), (20, "new folder/2.jpg")):
            self._picture(f"stick/copies/{name}", originals[seed])
        for seed, edits in _edits().items():
            group = {_sha256(originals[seed])}
            for name, data in edits.items():
                self._picture(f"stick/copies/{name}", data)
                group.add(_sha256(data))
            self._stacks.append(frozenset(group))
        inner = {"old/a.jpg": encode(room(61)), "old/b.png": encode(room(62, 320, 240), "png"), "old/c.jpg": originals[5]}
        self._write("stick/backup.tar", tar_of({"backup.zip": zip_of(inner), "readme.txt": b"Backup of the pictures.\n"}))
        self._seen.update(map(_sha256, inner.values()))
        hidden = encode(room(63, 480, 360), quality=80)
        self._write(
            "stick/letter.doc", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1016) + b"Dear all,\r\n" * 90 + hidden + bytes(777)
        )
        self._seen[_sha256(hidden)] += 1
        self._marked["embedded"].add(_sha256(hidden))
        self._broken_files()

    def laptop(self, originals: dict[int, bytes]) -> None:
        """A disk with one FAT16 partition: pictures, two deleted ones, and one that is called a library."""
        shown = {f"Users/Public/Pictures/room {seed}.jpg": encode(room(seed), quality=88) for seed in (_ON_LAPTOP, 42, 43, 44)}
        gone = {f"Users/Public/Pictures/old {seed}.jpg": encode(room(seed), quality=88) for seed in (45, 46)}
        disguised = {"Windows/notes.dll": encode(room(47), quality=88)}
        shared = {"Users/Public/Desktop/from phone.jpg": originals[_SHARED]}
        live = shown | disguised | shared
        files = [DiskFile(path, data) for path, data in live.items()]
        files += [DiskFile(path, data, deleted=True) for path, data in gone.items()]
        self._write("laptop.img", fat_image(files, label="DATA", clusters=6000, partitioned=True))
        self._seen.update(map(_sha256, [*live.values(), *gone.values()]))
        self._marked["deleted"] |= set(map(_sha256, gone.values()))
        self._marked["disguised"] |= set(map(_sha256, disguised.values()))
        self._known.add(KnownHit(_sha256(shown[f"Users/Public/Pictures/room {_ON_LAPTOP}.jpg"]), "pdq", "Blue Door", False))
        self._known.add(KnownHit(_sha256(gone["Users/Public/Pictures/old 45.jpg"]), "sha256", "Blue Door", False))

    def known_list(self, originals: dict[int, bytes]) -> Path:
        """A list of two series; most of it names files that are not here."""
        deleted = next(hit.sha256 for hit in self._known if hit.kind == "sha256")
        rows = [
            (_md5(originals[_SHARED]), "", "", "C2", "Blue Door", "no"),
            ("", deleted, "", "C2", "Blue Door", "no"),
            ("", "", PDQ_OF_ROOM[_ON_LAPTOP], "C3", "Blue Door", "no"),
            ("", "", PDQ_OF_ROOM[_BROADCAST], "C1", "Old Mill", "yes"),
        ]
        rows += [
            (_md5(b"%d" % at), _sha256(b"%d" % at), "", "C1", ("Blue Door", "Old Mill")[at % 2], ("no", "yes")[at % 2])
            for at in range(40)
        ]
        self._known.add(KnownHit(_sha256(originals[_SHARED]), "md5", "Blue Door", False))
        broadcast = next(group for group in self._stacks if _sha256(originals[_BROADCAST]) in group)
        self._known |= {KnownHit(sha256, "pdq", "Old Mill", True) for sha256 in broadcast}
        path = self._folder / "known-list.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("md5", "sha256", "pdq", "codes", "series", "victim_identified"))
            writer.writerows(rows)
        return path

    def truth(self, known_list: Path) -> DemoTruth:
        """Everything noted down so far."""
        exhibits = (("PHONE", "phone"), ("STICK", "stick"), ("LAPTOP", "laptop.img"))
        return DemoTruth(
            exhibits=tuple(DemoExhibit(label, self._folder / name) for label, name in exhibits),
            known_list=known_list,
            pictures=frozenset(self._seen),
            copies={sha256: count for sha256, count in self._seen.items() if count > 1},
            stacks=frozenset(self._stacks),
            known=frozenset(self._known),
            **{name: frozenset(values) for name, values in self._marked.items()},
        )

    def _broken_files(self) -> None:
        cut = encode(room(71))
        cut = cut[: len(cut) // 2]
        packed = zip_of({"a.jpg": encode(room(72, 320, 240)), "b.jpg": encode(room(73, 320, 240))})
        locked = put(put(packed, 6, "<H", 1), packed.index(b"PK\x01\x02") + 8, "<H", 1)
        files = {
            "half.jpg": cut,
            "empty.jpg": b"",
            "list.jpg": b"Not a picture but a shopping list: milk, bread, apples.\n" * 20,
            "cut short.zip": packed[: len(packed) * 2 // 3],
            "locked.zip": locked,
        }
        for name, data in files.items():
            self._write(f"stick/broken/{name}", data)
        self._marked["damaged"].add(_sha256(cut))
        self._marked["broken"] |= set(files)

    def _picture(self, name: str, data: bytes, taken: datetime = _BEGIN) -> None:
        self._write(name, data, taken)
        self._seen[_sha256(data)] += 1

    def _write(self, name: str, data: bytes, taken: datetime = _BEGIN) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (taken.timestamp(), taken.timestamp()))


def _edits() -> dict[int, dict[str, bytes]]:
    """Near-copies by the room they show, all within 24 bits of it in PDQ."""
    known, other, third = (room(seed) for seed in (_BROADCAST, 7, 22))
    return {
        _BROADCAST: {
            "forwarded.jpg": encode(recompress(known, 60), quality=70),
            "small.jpg": encode(resize(known, 0.5), quality=80),
            "picture.png": encode(known, "png"),
        },
        7: {"brighter.jpg": encode(brighten(other, 112)), "trimmed.jpg": encode(crop(other, 0.005))},
        22: {"framed.webp": encode(border(third, 0.008), "webp"), "tiny.gif": encode(resize(third, 0.4), "gif")},
    }


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
