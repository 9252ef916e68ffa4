"""Plug-ins of an agency in a case: taken in, listed, taken out, and the steps that ask them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homeward.core import WrongUse
from homeward.core.errors import said
from homeward.descriptors import text_models
from homeward.descriptors.plugin import (
    LARGEST_MANIFEST,
    LARGEST_MODEL,
    MANIFEST,
    OTHER_MODEL,
    DetectorPlugin,
    LocalPlugin,
    MatcherPlugin,
    Plugin,
    PluginRefused,
    ReadingPlugin,
    SoundPlugin,
    digest,
    read_manifest,
    value_name,
    value_width,
)
from homeward.flow.executors import limits_with
from homeward.flow.steps import TEXT, Step
from homeward.flow.units import Tool, Trial, Tried
from homeward.sandbox import Call, Lost, Message, Pool
from homeward.series.tables import tables
from homeward.store import plugins, reads, texts
from homeward.store.jobs import StepKey
from homeward.store.plugins import PREFIX, Registered
from homeward.store.segments import folder_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.core.canonical import Plain
    from homeward.store import Case

MEASURE = "homeward.flow.tasks.plugins:measure"
READ = "homeward.flow.tasks.plugins_reading:measure"
HEAR = "homeward.flow.tasks.plugins_sound:measure"
SELFTEST = "homeward.flow.tasks.plugins:selftest"
MISSING = "plug-ins are not run here: that takes pip install 'homeward[plugins]'"
DOES = {
    "global": "ranks pictures by one vector each",
    "local": "ranks pictures by features with places",
    "detector": "finds things by their name",
    "ocr-rec": "reads print",
    "audio": "ranks clips by what they sound like",
    "matcher": "says which features of two pictures are one point",
}
"""By kind, what a plug-in does."""
UNCALIBRATED = "uncalibrated: it may rank, and adds nothing to links or likelihood ratios"


class Held(msgspec.Struct, frozen=True):
    """A plug-in that a case asks."""

    plugin: Plugin
    manifest: bytes
    registered: Registered

    @property
    def step(self) -> Step:
        """The step that measures items by it; another file is another step, whatever it calls itself. One that reads is asked
        again when lines are found in another way.
        """
        hears, reads_words = isinstance(self.plugin, SoundPlugin), isinstance(self.plugin, ReadingPlugin)
        finder = {"lines": TEXT.params["descriptors"]} if reads_words else {}
        return Step(
            f"{PREFIX}{self.plugin.id}",
            self.plugin.version,
            {"plugin": self.registered.manifest, **finder},
            kinds=("video",) if hears else ("still",),
            function=task_of(self.plugin),
            caption=f"Asking {self.plugin.id}",
            chosen="homeward.flow.features.scene:clips" if hears else "homeward.flow.plugins:exemplars",
            needs=f"homeward.flow.plugins:{'available_to_read' if reads_words else 'available'}",
            plugin=self.registered.manifest,
        )

    @property
    def key(self) -> StepKey:
        """The step's part of a result's key."""
        return StepKey(self.step.name, self.step.version, self.step.params_digest)

    @property
    def folder(self) -> str:
        """Where what it says lies among the segments."""
        name = value_name(self.plugin, self.registered.manifest)
        return folder_name(name, self.step.version, self.step.params_digest[:8], value_width(self.plugin))

    def tool(self, case: Case) -> Tool:
        """What an executor is handed."""
        model = case.plugins.path(self.registered.model)
        return Tool(self.manifest, str(model), model.stat().st_size)


class Refused(msgspec.Struct, frozen=True):
    """A plug-in that an older version took in and this one does not ask."""

    id: str
    """As it calls itself, or the beginning of the digest of its manifest."""
    version: str
    reason: str
    registered: Registered


class _Named(msgspec.Struct, frozen=True):
    id: str = ""
    version: str = ""


def task_of(plugin: Plugin) -> str:
    """The sandbox task that asks it about an item."""
    if isinstance(plugin, SoundPlugin):
        return HEAR
    return READ if isinstance(plugin, ReadingPlugin) else MEASURE


def available() -> bool:
    """Whether what runs models is installed; nothing is imported for that."""
    return importlib.util.find_spec("onnxruntime") is not None


def available_to_read() -> bool:
    """Whether what finds lines of print is installed too."""
    return available() and text_models.available()


def held(case: Case) -> list[Held]:
    """The plug-ins of a case, in the order in which they were added, without those that this version does not ask."""
    return [one for one in _read(case) if isinstance(one, Held)]


def unasked(case: Case) -> list[Refused]:
    """Those that an older version took in, and that are not as they must be for this one."""
    return [one for one in _read(case) if isinstance(one, Refused)]


def _read(case: Case) -> Iterator[Held | Refused]:
    for one in plugins.registered(case):
        manifest = plugins.manifest(case, one)
        try:
            yield Held(read_manifest(manifest), manifest, one)
        except PluginRefused as error:
            named = _named(manifest)
            yield Refused(named.id or one.manifest[:12], named.version, str(error), one)


def _named(manifest: bytes) -> _Named:
    try:
        return msgspec.json.decode(manifest, type=_Named)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Named()


def called(case: Case, name: str) -> Held:
    """The plug-in called ``name``.

    Raises:
        WrongUse: there is none, or this version does not ask it.
    """
    one = _called(case, name)
    if isinstance(one, Refused):
        raise WrongUse(f"the plug-in {one.id!r} is not asked: {one.reason}")
    return one


def _called(case: Case, name: str) -> Held | Refused:
    found = {one.plugin.id if isinstance(one, Held) else one.id: one for one in _read(case)}
    if name not in found:
        names = ", ".join(found) or f"none (add one with: homeward plugin add {case.folder} FOLDER)"
        raise WrongUse(f"this case has no plug-in {name!r}; there are: {names}")
    return found[name]


def steps(case: Case) -> list[Step]:
    """The steps of plug-ins that measure pictures."""
    return [one.step for one in held(case) if not isinstance(one.plugin, MatcherPlugin)]


def tool_of(case: Case, step: Step) -> Tool | None:
    """The plug-in that a step asks; None for the steps that ask none, and where it was taken out meanwhile."""
    return next((one.tool(case) for one in held(case) if one.registered.manifest == step.plugin), None)


def exemplars(case: Case) -> list[int]:
    """Stills that plug-ins are asked about: one a stack, and those on none."""
    stills = set(reads.decoded_stills(case))
    return [item for item in texts.exemplars(case) if item in stills]


def add(case: Case, folder: Path) -> tuple[Held, bool]:
    """Take the plug-in in ``folder`` into the case, once it has passed its own test behind the lock; whether that is new.

    Raises:
        WrongUse: it is not as it must be, fails its test, or another one of that name is there. The case is as it was before.
    """
    if not available():
        raise WrongUse(MISSING)
    try:
        manifest = _bytes(folder / MANIFEST, LARGEST_MANIFEST)
        plugin = read_manifest(manifest)
        one = Registered(digest(manifest), plugin.model.sha256)
        if same := [other for other in held(case) if other.registered.manifest == one.manifest]:
            return same[0], False
        features = _fits(case, plugin, one)
        check_statements(plugin)
        model = _bytes(folder / plugin.model.file, LARGEST_MODEL)
        if hashlib.sha256(model).hexdigest() != plugin.model.sha256:
            raise PluginRefused(OTHER_MODEL.format(plugin.model.file))
        if refused := trial(plugin, manifest, folder / plugin.model.file, features):
            raise PluginRefused(refused)
        told: dict[str, Plain] = {"id": plugin.id, "version": plugin.version, "kind": kind_of(plugin)}
        # Somebody may have added or removed one while this one was tested.
        new = plugins.add(case, manifest, model, told, lambda: _fits(case, plugin, one))
    except PluginRefused as error:
        raise WrongUse(f"{folder}: {error}") from error
    except OSError as error:
        raise WrongUse(f"{error.filename or folder} cannot be read: {(error.strerror or str(error)).lower()}") from error
    return Held(plugin, manifest, one), new


def check_statements(plugin: Plugin) -> None:
    """Check that a detector states only what a table of countries tells by looking.

    Raises:
        PluginRefused: it does not.
    """
    seen = {kind: table for kind, table in tables().items() if table.looks}
    for label, statement in states_of(plugin).items():
        kind, _, value = statement.partition(": ")
        if kind not in seen:
            raise PluginRefused(f"{label!r} states {statement!r}, and what is told by looking is: {', '.join(sorted(seen))}")
        if value not in seen[kind].looks:
            raise PluginRefused(f"{label!r} states {statement!r}, and {kind} is one of: {', '.join(seen[kind].looks)}")


def states_of(plugin: Plugin) -> dict[str, str]:
    """Label -> ``KIND: VALUE`` that a thing of that name states of where the picture was made."""
    return plugin.model.states if isinstance(plugin, DetectorPlugin) else {}


def listen(case: Case, name: str, reason: str, *, states: bool) -> Held:
    """Have what the plug-in ``name`` states count as weak cues of whereabouts, or no longer.

    Raises:
        WrongUse: there is none of that name, or it states nothing.
    """
    reason = said(reason, "the reason")
    one = called(case, name)
    if not states_of(one.plugin):
        raise WrongUse(f"the plug-in {name!r} states nothing: its {MANIFEST} has no model.states")
    told = {"id": one.plugin.id, "version": one.plugin.version}
    plugins.listen(case, one.registered, dict(told), reason, states=states)
    return called(case, name)


def remove(case: Case, name: str, reason: str) -> None:
    """Take a plug-in out of the case. What it said stays on record and is read no more, unless the same plug-in comes back.

    Raises:
        WrongUse: there is none of that name, or a matcher needs it.
    """
    reason = said(reason, "the reason")
    one = _called(case, name)

    def unneeded() -> None:
        for other in held(case):
            if isinstance(other.plugin, MatcherPlugin) and other.plugin.model.features == one.registered.manifest:
                raise WrongUse(f"the matcher {other.plugin.id!r} needs it: remove that first")

    named = one if isinstance(one, Refused) else one.plugin
    told: dict[str, Plain] = {"id": named.id, "version": named.version}
    plugins.remove(case, one.registered, f"{PREFIX}{named.id}", told, reason, unneeded)


def listed(case: Case) -> list[dict[str, Any]]:
    """What is known of each plug-in, with its outcomes, or why this version does not ask it (``refused``)."""
    found = []
    for one in held(case):
        states, failures = plugins.outcomes(case, one.key)
        found.append(
            {
                "id": one.plugin.id,
                "version": one.plugin.version,
                "kind": kind_of(one.plugin),
                "does": DOES[kind_of(one.plugin)],
                "purpose": list(one.plugin.purpose),
                "licence": one.plugin.licence,
                "manifest": one.registered.manifest,
                "model": one.registered.model,
                "calibration": None,
                "states": states_of(one.plugin),
                "listened": one.registered.states,
                "done": states.get("done", 0),
                "failed": states.get("failed", 0),
                "pending": states.get("pending", 0) + states.get("leased", 0),
                "failures": failures,
                "refused": "",
            }
        )
    return found + [_told(one) for one in unasked(case)]


def _told(one: Refused) -> dict[str, Any]:
    return {
        "id": one.id,
        "version": one.version,
        "kind": "",
        "does": "",
        "purpose": [],
        "licence": "",
        "manifest": one.registered.manifest,
        "model": one.registered.model,
        "calibration": None,
        "states": {},
        "listened": False,
        "done": 0,
        "failed": 0,
        "pending": 0,
        "failures": [],
        "refused": one.reason,
    }


def trial(plugin: Plugin, manifest: bytes, model: Path, features: bytes = b"") -> str:
    """Run a plug-in's own test in a locked worker; what is wrong, empty if nothing is.

    Raises:
        OSError: the model cannot be opened.
    """
    with model.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        limits = limits_with(Tool(manifest, str(model), size))
        call = Call(0, SELFTEST, msgspec.msgpack.encode(Trial(manifest, features)), (file.fileno(),), _tried)
        refused = f"the test of {plugin.id} said nothing"
        with Pool([SELFTEST], workers=1, limits=limits) as pool:
            for event in pool.run([call]):
                if isinstance(event, Lost):
                    refused = f"its test came to no end: {event.reason}"
                elif isinstance(event, Message):
                    refused = event.body.refused
    return refused


_tried = msgspec.msgpack.Decoder(Tried).decode


def _fits(case: Case, plugin: Plugin, registered: Registered) -> bytes:
    """The manifest of the plug-in whose features it matches; nothing where it matches none.

    Raises:
        PluginRefused: another one of its name is in the case, or that one is not.
    """
    for other in _read(case):
        named = other.plugin.id if isinstance(other, Held) else other.id
        if named == plugin.id and other.registered.manifest != registered.manifest:
            raise PluginRefused(f"this case has another plug-in {plugin.id!r}: remove it first, they are never compared")
    if not isinstance(plugin, MatcherPlugin):
        return b""
    beside = [one for one in held(case) if one.registered.manifest == plugin.model.features]
    if not beside or not isinstance(beside[0].plugin, LocalPlugin):
        raise PluginRefused("the local plug-in whose features it matches is not in this case: add that first")
    return beside[0].manifest


def _bytes(file: Path, most: int) -> bytes:
    """A plain file of at most ``most`` bytes; a pipe that nobody writes to is not waited for."""
    with open(file, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)) as source:
        about = os.fstat(source.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise PluginRefused(f"{file.name} is no file")
        if about.st_size > most:
            raise PluginRefused(f"{file.name} has more than {most >> 10} KiB")
        return source.read(most)


def kind_of(plugin: Plugin) -> str:
    """As the manifest calls it."""
    return str(type(plugin).__struct_config__.tag)
