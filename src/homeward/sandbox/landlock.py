"""Landlock by its three system calls: after :func:`restrict` a process can reach no file but the ones it already holds.

Source: Linux ``include/uapi/linux/landlock.h`` and ``Documentation/userspace-api/landlock.rst`` (ABI 1 to 7). Their numbers
are the same on every architecture.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""ABI that brought it to the number of file-system rights that exist from then on."""
_NET_RIGHTS = 0b11  # bind and connect of TCP, from ABI 4
_SCOPES = 0b11  # abstract sockets and signals, from ABI 6

_libc = ctypes.CDLL(None, use_errno=True)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def abi() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))))


def restrict(readable: Sequence[Path] = ()) -> int:
    """Deny this thread every file, TCP port, foreign abstract socket and foreign signal that the kernel can deny.

    Files beneath ``readable`` may still be read. Needs no-new-privileges. Returns the ABI in force, 0 where the kernel has
    no Landlock.

    Raises:
        OSError: the kernel has Landlock and refused, or a readable path does not exist.
    """
    version = abi()
    if version == 0:
        return 0
    attributes = _handled(version)
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(ctypes.sizeof(attributes)), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow_reading(ruleset, path)
        _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return version


def _handled(version: int) -> ctypes.Array[ctypes.c_uint64]:
    rights = max(count for since, count in _FS_RIGHTS.items() if since <= version)
    values = [(1 << rights) - 1]
    if version >= 4:
        values.append(_NET_RIGHTS)
    if version >= 6:
        values.append(_SCOPES)
    return (ctypes.c_uint64 * len(values))(*values)


def _allow_reading(ruleset: int, path: Path) -> None:
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ_FILE | (_READ_DIR if path.is_dir() else 0)
        rule = _PathBeneath(rights, fd)
        _call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(fd)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return result
