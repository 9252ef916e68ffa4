"""A seccomp allow-list, assembled by hand: whatever is not named fails with EPERM.

Source: Linux ``include/uapi/linux/{filter,seccomp,audit}.h`` and the system-call tables of x86_64 and arm64. Nothing on the
list can open, create, connect, fork, exec, trace, signal others or map executable memory.
"""

from __future__ import annotations

import ctypes
import os
import platform

import msgspec

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _JEQ, _JGE, _JSET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF_LD|W|ABS, BPF_JMP|…|K, BPF_RET|K
_ALLOW, _ERRNO_EPERM = 0x7FFF0000, 0x00050000 | 1
_AT_NR, _AT_ARCH, _AT_ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_PROT_EXEC = 4
_AT_EMPTY_PATH = 0x1000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | (os.O_TMPFILE & ~os.O_DIRECTORY)


class _Table(msgspec.Struct, frozen=True):
    arch: int
    plain: tuple[int, ...]
    """Allowed with any arguments."""
    mapping: tuple[int, ...]
    """``mmap``, ``mprotect``: allowed unless the third argument asks for executable pages."""
    stat_at: int
    """``newfstatat``: only with AT_EMPTY_PATH in the fourth argument, as the C library's ``fstat`` calls it. A filter cannot
    see that the path is empty, so a worker that was taken over can learn whether a file exists, its size and its times."""
    reading: tuple[int, ...]
    """Allowed too where some paths are readable."""
    open_at: int


_TABLES = {
    "x86_64": _Table(
        arch=0xC000003E,
        # read write close fstat poll lseek munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 pwrite64 readv writev
        # sched_yield mremap madvise nanosleep getpid sendmsg recvmsg exit ftruncate gettimeofday getrusage sysinfo
        # sigaltstack gettid time futex sched_getaffinity restart_syscall fadvise64 clock_gettime clock_getres clock_nanosleep
        # exit_group set_robust_list preadv pwritev getcpu getrandom membarrier preadv2 rseq
        plain=(
            0, 1, 3, 5, 7, 8, 11, 12, 13, 14, 15, 17, 18, 19, 20, 24, 25, 28, 35, 39, 46, 47, 60, 77, 96, 98, 99, 131, 186,
            201, 202, 204, 219, 221, 228, 229, 230, 231, 273, 295, 296, 309, 318, 324, 327, 334,
        ),
        mapping=(9, 10),
        stat_at=262,
        # stat lstat access getcwd readlink getdents64 newfstatat readlinkat faccessat statx faccessat2
        reading=(4, 6, 21, 79, 89, 217, 262, 267, 269, 332, 439),
        open_at=257,
    ),
    "aarch64": _Table(
        arch=0xC00000B7,
        # the same calls under their numbers there
        plain=(
            63, 64, 57, 80, 73, 62, 215, 214, 134, 135, 139, 67, 68, 65, 66, 124, 216, 233, 101, 172, 211, 212, 93, 46, 169,
            165, 179, 132, 178, 98, 123, 128, 223, 113, 114, 115, 94, 99, 69, 70, 168, 278, 283, 286, 293,
        ),
        mapping=(222, 226),
        stat_at=79,
        reading=(17, 61, 79, 78, 48, 291, 439),
        open_at=56,
    ),
}  # fmt: skip


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction))]


Step = tuple[int, int, int, int]


def program(machine: str, reading: bool) -> list[Step]:
    """The filter for ``machine`` as (code, jump if true, jump if false, constant); ``reading`` lets files be opened to read.

    Raises:
        KeyError: no table for this machine.
    """
    table = _TABLES[machine]
    deny: Step = (_RETURN, 0, 0, _ERRNO_EPERM)
    allow: Step = (_RETURN, 0, 0, _ALLOW)
    steps: list[Step] = [(_LOAD, 0, 0, _AT_ARCH), (_JEQ, 1, 0, table.arch), deny, (_LOAD, 0, 0, _AT_NR)]
    if machine == "x86_64":
        steps += [(_JGE, 0, 1, _X32), deny]
    for number in (*table.plain, *(table.reading if reading else ())):
        steps += [(_JEQ, 0, 1, number), allow]
    for number in table.mapping:
        steps += [(_JEQ, 0, 4, number), (_LOAD, 0, 0, _argument(2)), (_JSET, 0, 1, _PROT_EXEC), deny, allow]
    steps += [(_JEQ, 0, 4, table.stat_at), (_LOAD, 0, 0, _argument(3)), (_JSET, 1, 0, _AT_EMPTY_PATH), deny, allow]
    if reading:
        steps += [(_JEQ, 0, 4, table.open_at), (_LOAD, 0, 0, _argument(2)), (_JSET, 0, 1, _WRITING), deny, allow]
    return [*steps, deny]


def restrict(reading: bool = False) -> bool:
    """Install the filter on this thread for good. Needs no-new-privileges. False where kernel or machine cannot."""
    try:
        steps = program(platform.machine(), reading)
    except KeyError:
        return False
    instructions = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    filled = _Program(len(steps), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filled), 0, 0) == 0)


def _argument(index: int) -> int:
    return _AT_ARGUMENTS + 8 * index  # the low half: both machines are little-endian
