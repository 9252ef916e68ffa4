"""An index in a folder: mapped instead of loaded, changed while others read it, and never half changed.

The folder holds files of three kinds, each written whole and never changed afterwards: a *body* (see
:mod:`homeward.indexes.body`), *tails* (what was added since, searched by scan) and the *dead* (ids of the body that are
gone). The file ``current`` names those that count; it is replaced by one rename, so a reader sees the state before or the one
after, and a process that is killed leaves files that the next writer removes. Readers keep the arrays that they have mapped,
however often the folder changes, until they refresh.
"""

from __future__ import annotations

import fcntl
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.indexes import body as bodies
from homeward.indexes.base import CODE_BYTES, IndexDamaged, Neighbours, Pairs
from homeward.indexes.engines import hits
from homeward.indexes.exact import as_neighbours, as_pairs, check_radius, checked, has_repeats, refuse
from homeward.indexes.hamming import HammingTable
from homeward.indexes.planes import Hits, distinct, equal_pairs, joined, spread, to_planes

LEAST_MERGED = 1 << 16
"""Codes in the tails that are never worth merging: a scan of so few costs next to nothing."""
SHARE_MERGED = 8
"""The tails are merged into a new body when they hold more than this part of it."""
_TAILS = 64
"""Tails after which they are written as one."""
_ADDED = np.dtype([("id", "<i8"), ("code", "u1", (CODE_BYTES,))])


class State(msgspec.Struct, frozen=True):
    """Names of the files that count."""

    body: str = ""
    tails: tuple[str, ...] = ()
    dead: str = ""


class View(msgspec.Struct, frozen=True, eq=False):
    """A state, mapped."""

    state: State
    body: bodies.Body | None
    added: NDArray[Any]
    """(k,) ids and codes of the tails."""
    tail: HammingTable
    """The same, to be asked."""
    dead: NDArray[np.int64]
    """Ascending."""

    def holds(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these ids are alive."""
        inside = self.body.holds(ids) & ~np.isin(ids, self.dead) if self.body else np.zeros(len(ids), np.bool_)
        return inside | np.isin(ids, self.added["id"])


class StoredIndex:
    """A :class:`~homeward.indexes.base.HammingIndex` in a folder: one process changes it at a time, any number read it."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Open the index in ``folder``, which is made where it is not there; share the work among ``threads``.

        Raises:
            IndexDamaged: what is there cannot be read even by scan; remove the folder and add everything again.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._threads = threads
        self._merging: threading.Thread | None = None
        self._view = View(State(), None, np.empty(0, _ADDED), HammingTable(threads), np.empty(0, np.int64))
        self.refresh()

    def __len__(self) -> int:
        view = self._view
        return (len(view.body.ids) if view.body else 0) - len(view.dead) + len(view.added)

    def __enter__(self) -> StoredIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for what goes on in the background."""
        if self._merging:
            self._merging.join()

    @property
    def is_whole(self) -> bool:
        """Whether the buckets answered rightly when they were opened; everything is scanned where they did not."""
        return self._view.body is None or self._view.body.buckets is not None

    def refresh(self) -> None:
        """See what others have changed; questions under way go on with what they began with."""
        if self._state() != self._view.state:
            self._view = self._load()

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """Take in (n,) ids and their (n, 32) codes, durably; they are merged in the background when they are many.

        Raises:
            ValueError: wrong shapes or types, or an id twice; then nothing was added.
        """
        checked(ids, codes)
        with self._writing() as view:
            if has_repeats(ids) or view.holds(ids).any():
                raise ValueError("an id may be added once only")
            if not len(ids):
                return
            rows = np.zeros(len(ids), _ADDED)
            rows["id"], rows["code"] = ids, codes
            tails = (*view.state.tails, self._write("tail", rows))
            if len(tails) > _TAILS:
                tails = (self._write("tail", np.concatenate([view.added, rows])),)
            self._commit(State(view.state.body, tails, view.state.dead))
        self._merge_when_due()

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget codes; an id that is not held is no error."""
        with self._writing() as view:
            state = view.state
            gone = np.isin(view.added["id"], ids)
            if gone.any():
                left = view.added[~gone]
                state = State(state.body, (self._write("tail", left),) if len(left) else (), state.dead)
            buried = np.unique(ids[view.body.holds(ids)]) if view.body else ids[:0]
            dead = np.union1d(view.dead, buried)
            if len(dead) > len(view.dead):
                state = State(state.body, state.tails, self._write("dead", dead))
            if state != view.state:
                self._commit(state)

    def within(self, codes: NDArray[np.uint8], radius: int) -> Neighbours:
        """Everything at most ``radius`` bits from each of the (m, 32) query codes.

        Raises:
            ValueError: wrong shape or type, or a radius outside 0..256.
        """
        check_radius(radius)
        view = self._view
        found = view.tail.within(codes, radius)
        runs = [(found.query, found.id, found.distance), *self._in_body(view, codes, radius)]
        return as_neighbours(joined(runs))

    def holds(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(k,) which of these ids are held."""
        return self._view.holds(ids)

    def codes(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        """(k, 32) codes of held ids, in their order.

        Raises:
            ValueError: one of them is not held.
        """
        view, found = self._view, np.zeros((len(ids), CODE_BYTES), np.uint8)
        if not view.holds(ids).all():
            raise ValueError("an id is not held")
        order = np.argsort(ids)
        for held, codes in _codes(view, ids):
            found[order[np.searchsorted(ids, held, sorter=order)]] = codes
        return found

    def pairs(self, radius: int, most: int | None = None) -> Pairs:
        """All pairs of held codes at most ``radius`` bits apart.

        Raises:
            TooManyPairs: there are more than ``most``.
            ValueError: a radius outside 0..256.
        """
        check_radius(radius)
        found, count = [], 0
        for some in self._pairs(self._view, radius, most):
            found.append(some)
            count += len(some[0])
            refuse(count, most)
        return as_pairs(joined(found))

    def merge(self) -> None:
        """Make a new body of everything alive; nothing happens where another process is at it.

        Readers and writers go on meanwhile. What was only added meanwhile stays in the tails; after a removal the new body is
        dropped, and the next merge begins afresh.
        """
        with (self._folder / "merging").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            for left in self._folder.glob("making-*"):
                shutil.rmtree(left)
            view = self._load()
            ids, planes = _alive(view)
            making = self._folder / f"making-{uuid.uuid4().hex}"
            if len(ids):
                bodies.write(making, ids, planes)
            with self._writing() as now:
                merged, later = now.added[: len(view.added)], now.added[len(view.added) :]
                bodies_differ = (now.state.body, now.state.dead) != (view.state.body, view.state.dead)
                if bodies_differ or not np.array_equal(merged, view.added):
                    shutil.rmtree(making, ignore_errors=True)
                    return
                name = making.name.replace("making", "body") if len(ids) else ""
                if name:
                    making.rename(self._folder / name)
                self._commit(State(name, (self._write("tail", later),) if len(later) else (), ""))

    def _merge_when_due(self) -> None:
        view = self._view
        size = len(view.body.ids) if view.body else 0
        busy = self._merging is not None and self._merging.is_alive()
        if not busy and len(view.added) > max(LEAST_MERGED, size // SHARE_MERGED):
            self._merging = threading.Thread(target=self.merge, name="index-merge")
            self._merging.start()

    def _in_body(self, view: View, codes: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        if view.body is None:
            return
        body, asked = view.body, distinct(to_planes(codes), np.arange(len(codes), dtype=np.int64))
        for some in hits(
            asked.planes, body.codes.planes, radius, buckets=body.buckets, spread=body.spread, threads=self._threads
        ):
            query, ids, distance = spread(some, asked, body.codes)
            alive = ~np.isin(ids, view.dead)
            yield query[alive], ids[alive], distance[alive]

    def _pairs(self, view: View, radius: int, most: int | None) -> Iterator[Hits]:
        tail = view.tail.pairs(radius, most)
        yield tail.a, tail.b, tail.distance
        for row, ids, distance in self._in_body(view, np.ascontiguousarray(view.added["code"]), radius):
            yield view.added["id"][row], ids, distance
        if view.body is None:
            return
        body = view.body
        planes = body.codes.planes
        together = hits(planes, planes, radius, later=True, buckets=body.buckets, spread=body.spread, threads=self._threads)
        for a, b, distance in (equal_pairs(body.codes), *(spread(some, body.codes, body.codes) for some in together)):
            alive = ~(np.isin(a, view.dead) | np.isin(b, view.dead))
            yield a[alive], b[alive], distance[alive]

    @contextmanager
    def _writing(self) -> Iterator[View]:
        """Hold the folder alone, with the newest state in sight before and after."""
        with (self._folder / "writing").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            view = self._load()
            yield view
            if threading.current_thread() is not self._merging:
                self._view = self._load()

    def _write(self, kind: str, array: NDArray[Any]) -> str:
        name = f"{kind}-{uuid.uuid4().hex}"
        array.tofile(self._folder / name)
        bodies.sync(self._folder / name)
        return name

    def _commit(self, state: State) -> None:
        """Make ``state`` the one that counts, then remove what does not."""
        new = self._folder / "current.new"
        new.write_bytes(msgspec.json.encode(state))
        bodies.sync(new)
        new.replace(self._folder / "current")
        bodies.sync(self._folder)
        for kind in ("body", "tail", "dead"):
            for path in self._folder.glob(f"{kind}-*"):
                if path.name not in {state.body, state.dead, *state.tails}:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _state(self) -> State:
        try:
            return msgspec.json.decode((self._folder / "current").read_bytes(), type=State)
        except FileNotFoundError:
            return State()
        except msgspec.DecodeError as error:
            raise IndexDamaged(f"the index in {self._folder} is damaged: current says nothing") from error

    def _load(self) -> View:
        """Map the state that counts; when a writer removes a file of it meanwhile, there is a newer one to map."""
        while True:
            state = self._state()
            try:
                return self._mapped(state)
            except FileNotFoundError as error:
                if self._state() == state:
                    raise IndexDamaged(f"the index in {self._folder} is damaged: {error.filename} is gone") from error

    def _mapped(self, state: State) -> View:
        body = self._view.body
        if self._view.state.body != state.body:
            body = bodies.load(self._folder / state.body) if state.body else None
        added = np.concatenate([np.empty(0, _ADDED), *(self._array(name, _ADDED) for name in state.tails)])
        dead = self._array(state.dead, np.dtype("<i8")) if state.dead else np.empty(0, np.int64)
        tail = HammingTable(self._threads)
        tail.add(added["id"].astype(np.int64), np.ascontiguousarray(added["code"]))
        return View(state, body, added, tail, dead)

    def _array(self, name: str, kind: np.dtype[Any]) -> NDArray[Any]:
        path = self._folder / name
        return bodies.mapped(path, kind, (path.stat().st_size // kind.itemsize,))


def _codes(view: View, ids: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Those of ``ids`` that are alive, with their codes."""
    tail = view.added[np.isin(view.added["id"], ids)]
    yield tail["id"].astype(np.int64), tail["code"]
    if view.body:
        codes = view.body.codes
        places = np.flatnonzero(np.isin(codes.members, ids) & ~np.isin(codes.members, view.dead))
        columns = np.searchsorted(codes.starts, places, "right") - 1
        rows = np.ascontiguousarray(codes.planes[:, columns].T).view(np.uint8)
        yield codes.members[places].astype(np.int64), rows


def _alive(view: View) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Ids and planes of everything that counts."""
    ids, planes = view.added["id"].astype(np.int64), to_planes(np.ascontiguousarray(view.added["code"]))
    if view.body is None:
        return ids, planes
    codes = view.body.codes
    columns = np.repeat(np.arange(codes.planes.shape[1]), np.diff(codes.starts))
    kept = ~np.isin(codes.members, view.dead)
    both = np.concatenate([codes.planes[:, columns[kept]], planes], axis=1)
    return np.concatenate([codes.members[kept], ids]), np.ascontiguousarray(both)
