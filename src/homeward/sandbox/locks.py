"""Everything a worker gives up for good before it sees the first foreign byte."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Sequence
from pathlib import Path

import msgspec

from homeward.sandbox import landlock, seccomp
from homeward.sandbox.contract import Limits

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_PDEATHSIG = 4, 38, 1
_SIGKILL = 9


class LockReport(msgspec.Struct, frozen=True):
    """What this machine's kernel lets a worker give up."""

    landlock_abi: int
    """0: the kernel has no Landlock."""
    seccomp: bool
    no_new_privs: bool

    def sentence(self) -> str:
        """In plain words, for ``status``."""
        missing = []
        if not self.landlock_abi:
            missing.append("Landlock (files)")
        if not self.seccomp:
            missing.append("seccomp (system calls)")
        if not self.no_new_privs:
            missing.append("no-new-privileges")
        if not missing:
            return f"Decoders run fully locked (Landlock {self.landlock_abi}, seccomp, memory and time limits)."
        return f"Decoders run with limits only in part: this kernel lacks {' and '.join(missing)}."


def lock_down(limits: Limits, readable: Sequence[Path] = ()) -> LockReport:
    """Give up memory beyond the limit, new files, new sockets, new processes and new code; return what was possible.

    With ``readable`` paths, files beneath them may be opened for reading, provided that Landlock can enforce it.
    """
    _limit(limits)
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privs = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    version = landlock.restrict(readable) if no_new_privs else 0
    # Without Landlock a filter that lets files be opened would let every file be opened.
    filtered = no_new_privs and seccomp.restrict(reading=bool(readable) and version > 0)
    return LockReport(version, filtered, no_new_privs)


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that forked it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def _limit(limits: Limits) -> None:
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGESIZE")
    for what, value in (
        (resource.RLIMIT_AS, held + limits.memory),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        resource.setrlimit(what, (value, value))
