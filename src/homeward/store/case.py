"""A case: one folder with its database, descriptors, ledger and keys."""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.core.time import utc_now
from homeward.store import database
from homeward.store.errors import CaseExists, CaseNotFound, CaseReadOnly, StoreError
from homeward.store.medium import DATABASE, Medium, only_readable

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from homeward.core.canonical import Plain
    from homeward.store.batch import Batch
    from homeward.store.models import CaseInfo
    from homeward.store.segments import Segments

MARK = "case.json"
"""The file that makes a folder a case; it says which database holds the records."""
FORMAT = 1


class Case:
    """The door to everything stored. Use it as a context manager, or call :meth:`close`."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.alias = f"case-{uuid.uuid4().hex[:12]}"
        self._medium = Medium(folder) if only_readable(folder) else None
        if self._medium is None:
            database.connect(self.alias, _settings(folder, address))
        else:
            self._medium.connect(self.alias, address)
        # Models exist only once Django is configured, which connecting has done.
        from homeward.store.blobs import Blobs
        from homeward.store.custody import Custody
        from homeward.store.jobs import Jobs

        self.blobs = Blobs(folder / "blobs")
        self.plugins = Blobs(folder / "plugins")
        self.backgrounds = Blobs(folder / "backgrounds")
        self.jobs = Jobs(self.alias)
        self.custody = Custody(folder, self.alias, read_only=self.read_only)

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written: the medium is read-only, or the permission is missing."""
        return self._medium is not None

    @classmethod
    def create(cls, folder: Path, agency: str, database_url: str = "") -> Case:
        """Make a new case; either all of it exists afterwards or none.

        Raises:
            CaseExists: something is there already, or the team database holds another case.
            WrongUse: no agency name, the folder that one is in, or a broken database address.
            DatabaseUnreachable: the team database does not answer.
        """
        agency = said(agency, "the name of the agency that keeps the case")
        folder = folder.resolve()
        if folder == Path.cwd():
            raise WrongUse("a case cannot take the place of the folder that you are in: go one up and name it")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CaseExists(f"{folder} already exists and is not an empty folder")
        if outer := next((above for above in folder.parents if (above / MARK).exists()), None):
            raise WrongUse(f"{folder} lies in the case {outer}: choose another place")
        building = folder.with_name(f".{folder.name}.new-{uuid.uuid4().hex[:8]}")
        building.mkdir(parents=True, mode=0o700)
        origin = f"homeward.case/{uuid.uuid4()}"
        try:
            _build(building, agency, origin, database_url)
            building.rename(folder)
        except BaseException:
            if database_url:
                _clear(database_url, origin)
            shutil.rmtree(building, ignore_errors=True)
            raise
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Case:
        """Open an existing case.

        Raises:
            CaseNotFound: the folder holds no case.
            StoreError: it was written by a newer version, or its database does not answer.
        """
        return cls(folder, _address(folder))

    @cached_property
    def segments(self) -> Segments:
        """Descriptor files (made on first use: numpy takes a while to load)."""
        from homeward.store.segments import Segments

        return Segments(self.folder / "segments", self.alias)

    @property
    def info(self) -> CaseInfo:
        """Agency, creation time and ledger origin."""
        from homeward.store.models import CaseInfo

        return CaseInfo.objects.using(self.alias).get()

    def batch(self, act: str, details: dict[str, Plain] | None = None, names: dict[str, str] | None = None) -> Batch:
        """A block whose writes commit together with one ledger entry.

        Raises:
            CaseReadOnly: the case can only be read.
        """
        from homeward.store.batch import Batch

        self.writable()
        return Batch(self, act, details or {}, names)

    def leaving(
        self, details: dict[str, Plain], names: dict[str, str] | None = None
    ) -> contextlib.AbstractContextManager[object]:
        """A block in which something leaves the case, recorded in the ledger unless the case can only be read."""
        return contextlib.nullcontext() if self.read_only else self.batch("export", details, names)

    def writable(self) -> None:
        """Refuse what would write to a case that can only be read.

        Raises:
            CaseReadOnly: it can.
        """
        if self.read_only:
            raise CaseReadOnly(f"{self.folder} can only be read: copy it to where you may write, and use the copy")

    @property
    def private(self) -> Path:
        """A folder of ours for files without a name: the case's own, or where that can only be read :attr:`scratch`."""
        return self.scratch if self.read_only else self.folder

    @property
    def scratch(self) -> Path:
        """A private folder that vanishes when the case is closed, for what cannot be kept in one that can only be read."""
        assert self._medium is not None, "a case that can be written keeps things in its own folders"
        return self._medium.scratch

    def close(self) -> None:
        """Give everything back; the ledger's files are brought up to date first.

        Raises:
            CaseDamaged: they contradict the entries; everything is given back all the same.
            StoreError: the case can only be read here, and somebody else has written to it since it was opened.
        """
        try:
            if self._medium is None:
                self.jobs.release()
                self.custody.publish()
        finally:
            if "segments" in self.__dict__:
                self.segments.close()
            database.disconnect(self.alias)
            if self._medium:
                self._medium.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _address(folder: Path) -> str:
    """Which database holds the records: ``sqlite`` or a URL."""
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        written, address = int(mark["homeward"]), str(mark["database"])
    except (FileNotFoundError, NotADirectoryError):
        raise CaseNotFound(f"{folder} is not a case (make one with: homeward init {folder} --agency NAME)") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CaseNotFound(f"{folder / MARK} cannot be read: {error}") from error
    if written > FORMAT:
        raise CaseNotFound(f"{folder} was made by a newer Homeward (format {written})")
    return address


def _settings(folder: Path, address: str) -> dict[str, Any]:
    return database.sqlite(folder / DATABASE) if address == "sqlite" else database.postgresql(address)


def _build(folder: Path, agency: str, origin: str, database_url: str) -> None:
    from homeward.store.ledger import key

    for name in ("blobs", "segments", "ledger", "keys"):
        (folder / name).mkdir(mode=0o700)
    mark: dict[str, Any] = {"homeward": FORMAT, "database": database_url or "sqlite"}
    (folder / MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")
    key.create(folder / "keys", origin)
    database.connect(alias := f"new-{uuid.uuid4().hex[:12]}", _settings(folder, mark["database"]))
    try:
        created = _first_rows(alias, agency, origin)
    finally:
        database.disconnect(alias)
    details: dict[str, Plain] = {"agency": agency, "origin": origin, "created": created.isoformat()}
    with Case.open(folder) as case, case.batch("case.init", details):
        pass


def _clear(database_url: str, origin: str) -> None:
    """Take the tables of the case ``origin`` out of a team's database again, if it is this case that they hold."""
    from homeward.store.models import CaseInfo

    alias = f"old-{uuid.uuid4().hex[:12]}"
    with contextlib.suppress(StoreError, WrongUse):  # one that does not answer holds nothing of it, or the error says why
        database.connect(alias, database.postgresql(database_url))
        try:
            if CaseInfo.objects.using(alias).filter(origin=origin).exists():
                database.remove_tables(alias)
        finally:
            database.disconnect(alias)


def _first_rows(alias: str, agency: str, origin: str) -> datetime:
    """Write the case's own row and an empty ledger; when that was."""
    from django.db import transaction

    from homeward.store.models import CaseInfo, LedgerHead

    with transaction.atomic(using=alias):
        if CaseInfo.objects.using(alias).exists():
            raise CaseExists("this database already holds a case")
        info = CaseInfo.objects.using(alias).create(agency=agency, created=utc_now(), origin=origin)
        LedgerHead.objects.using(alias).create(size=0)
    return info.created
