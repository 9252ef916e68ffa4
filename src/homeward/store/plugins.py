"""The plug-ins that a case asks: their files, and which of them count now.

The files lie in ``plugins/`` under the SHA-256 of their bytes. Which manifests count is the record of a step that is called
``plugins``: every change of it stands in the ledger, and ``verify`` compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Count

from homeward.store import results
from homeward.store.errors import CaseDamaged
from homeward.store.models import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from homeward.core.canonical import Plain
    from homeward.store.batch import Batch
    from homeward.store.case import Case
    from homeward.store.jobs import StepKey

PREFIX = "plugin-"
"""How the steps of plug-ins are called."""
_RECORD = "plugins"


class Registered(msgspec.Struct, frozen=True, omit_defaults=True):
    """The SHA-256 of a manifest and of the model that it names."""

    manifest: str
    model: str
    states: bool = False
    """Whether what it states of where a picture was made is listened to."""


def registered(case: Case) -> list[Registered]:
    """What counts now, in the order in which it was added.

    Raises:
        CaseDamaged: the record makes no sense.
    """
    text = results.step_key(case, _RECORD)
    try:
        return msgspec.json.decode(text, type=list[Registered]) if text else []
    except msgspec.DecodeError as error:
        raise CaseDamaged("the record of the plug-ins of this case makes no sense") from error


def manifest(case: Case, plugin: Registered) -> bytes:
    """The ``plugin.json`` of a plug-in.

    Raises:
        CaseDamaged: it is gone, or something else lies there.
    """
    return _kept(case, plugin.manifest)


def add(case: Case, manifest: bytes, model: bytes, told: dict[str, Plain], check: Callable[[], object]) -> bool:
    """Keep a plug-in, with a ledger entry that says ``told``; whether it was not there before.

    Nothing is kept if ``check`` objects by an error, while nobody else can add or remove one.
    """
    with case.batch("plugin.add", told) as batch:
        check()
        tidy(case)
        one = Registered(case.plugins.put(manifest), case.plugins.put(model))
        before = registered(case)
        batch.skip = any(other.manifest == one.manifest for other in before)
        if not batch.skip:
            batch.details |= {"manifest": one.manifest, "model": one.model}
            _write(case, batch, [*before, one])
        return not batch.skip


def listen(case: Case, plugin: Registered, told: dict[str, Plain], reason: str, *, states: bool) -> None:
    """Have what a plug-in states listened to, or not, with a ledger entry that says ``told``."""
    with case.batch("plugin.listen", {**told, "manifest": plugin.manifest, "states": states}, {"reason": reason}) as batch:
        before = registered(case)
        now = [msgspec.structs.replace(one, states=states) if one.manifest == plugin.manifest else one for one in before]
        batch.skip = now == before
        if not batch.skip:
            _write(case, batch, now)


def remove(
    case: Case, plugin: Registered, step: str, told: dict[str, Plain], reason: str, check: Callable[[], object]
) -> None:  # fmt: skip
    """Take a plug-in out: nothing is asked of it any more (``step``), and its files go. What it said stays on record, and is
    not read. ``check`` as for :func:`add`.
    """
    with case.batch("plugin.remove", {**told, "manifest": plugin.manifest}, {"reason": reason}) as batch:
        check()
        before = registered(case)
        now = [one for one in before if one.manifest != plugin.manifest]
        batch.skip = now == before
        if not batch.skip:
            _write(case, batch, now)
            Job.objects.using(case.alias).filter(state__in=("pending", "leased"), step=step).delete()
    with case.batch(
        "plugin.remove"
    ) as batch:  # once it no longer counts, for a kill in between must not leave it without files
        tidy(case)
        batch.skip = True


def tidy(case: Case) -> None:
    """Delete files that no plug-in has, as a kill may leave them; only while the case's write lock is held."""
    case.plugins.keep_only({name for one in registered(case) for name in (one.manifest, one.model)})


def faults(case: Case) -> Iterator[str]:
    """One sentence for every file of a plug-in that is gone or was changed."""
    for one in registered(case):
        for name in (one.manifest, one.model):
            try:
                _kept(case, name)
            except CaseDamaged as error:
                yield str(error)


def outcomes(case: Case, step: StepKey) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """How many items are in which state for a plug-in, and its failures by reason, the commonest first."""
    jobs = Job.objects.using(case.alias).filter(step=step.name, version=step.version, params=step.params)
    states = dict(jobs.values_list("state").annotate(count=Count("id")))
    failures = jobs.filter(state="failed").values("reason").annotate(count=Count("id")).order_by("-count", "reason")
    return states, [dict(row) for row in failures]


def _kept(case: Case, name: str) -> bytes:
    try:
        return case.plugins.get(name)
    except KeyError as error:
        raise CaseDamaged(f"the file {name[:16]}… of a plug-in is gone") from error
    except CaseDamaged as error:
        raise CaseDamaged(f"the file {name[:16]}… of a plug-in has been changed on disk") from error


def _write(case: Case, batch: Batch, now: Sequence[Registered]) -> None:
    results.write_step_key(case, batch, _RECORD, msgspec.json.encode(list(now)).decode())
