"""The filter, run by an interpreter of its own instructions for every system call of both machines."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.sandbox.seccomp import program

ALLOW, EPERM = 0x7FFF0000, 0x00050001
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
HEADERS = {"x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "/usr/include/asm-generic/unistd.h"}
OPEN = {"x86_64": 257, "aarch64": 56}
STAT = {"x86_64": 262, "aarch64": 79}
MAPPING = {"x86_64": (9, 10), "aarch64": (222, 226)}
FORBIDDEN = """
    open openat openat2 creat open_by_handle_at name_to_handle_at memfd_create memfd_secret mknodat unlinkat renameat2 linkat
    symlinkat mkdirat truncate fallocate fchmod fchown utimensat fsetxattr mount chroot pivot_root unshare setns
    socket socketpair connect accept accept4 bind listen sendto sendmmsg
    clone clone3 fork vfork execve execveat kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd
    pidfd_send_signal ptrace process_vm_readv process_vm_writev kcmp prctl arch_prctl personality prlimit64 setrlimit seccomp
    bpf setuid setgid setresuid capset ioctl fcntl dup dup2 dup3 pkey_mprotect remap_file_pages shmget shmat keyctl add_key
    io_uring_setup io_uring_enter io_setup io_submit userfaultfd perf_event_open init_module finit_module kexec_load reboot
    splice tee vmsplice sendfile copy_file_range inotify_init1 fanotify_init epoll_create1 eventfd2 signalfd4 timerfd_create
    mq_open sched_setaffinity setpriority landlock_create_ruleset swapon quotactl modify_ldt iopl ioperm
"""
NEEDED = """
    read write close lseek pread64 pwrite64 preadv fstat ftruncate brk munmap mremap madvise futex sendmsg recvmsg
    clock_gettime exit_group getrandom rt_sigreturn sigaltstack sched_getaffinity
"""

machines = pytest.mark.parametrize("machine", sorted(ARCH))


def verdict(machine: str, reading: bool, number: int, arguments: tuple[int, ...] = (), arch: int | None = None) -> int:
    """Run the filter as the kernel does (``Documentation/networking/filter.rst``) and return what it returns."""
    values = [*arguments, *[0] * (6 - len(arguments))]
    words = {0: number, 4: ARCH[machine] if arch is None else arch}
    words |= {16 + 8 * at: value & 0xFFFFFFFF for at, value in enumerate(values)}
    words |= {20 + 8 * at: value >> 32 for at, value in enumerate(values)}
    steps, at, held = program(machine, reading), 0, 0
    while True:
        code, if_true, if_false, constant = steps[at]
        if code == 0x06:
            return constant
        at += 1
        if code == 0x20:
            held = words[constant]
            continue
        at += if_true if {0x15: held == constant, 0x35: held >= constant, 0x45: bool(held & constant)}[code] else if_false


def numbers(machine: str) -> dict[str, int]:
    """System calls as the kernel's own header names them."""
    header = Path(HEADERS[machine])
    if not header.is_file():
        pytest.skip("the kernel's headers are not installed")
    found = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", header.read_text(), re.MULTILINE)
    return {name: int(number) for name, number in found}


@machines
def test_the_kernel_takes_the_program(machine: str) -> None:
    for reading in (False, True):
        steps = program(machine, reading)
        assert len(steps) <= 4096  # BPF_MAXINSNS
        for at, (code, if_true, if_false, _) in enumerate(steps):
            assert code == 0x06 or at + 1 + max(if_true, if_false) < len(steps)


@machines
@pytest.mark.parametrize("reading", [False, True])
def test_nothing_that_reaches_outside_is_allowed(machine: str, reading: bool) -> None:
    known = numbers(machine)
    allowed = {name for name in FORBIDDEN.split() if name in known and verdict(machine, reading, known[name]) != EPERM}
    assert allowed <= ({"openat"} if reading else set())


@machines
def test_what_decoders_need_is_allowed(machine: str) -> None:
    known = numbers(machine)
    assert [name for name in NEEDED.split() if verdict(machine, False, known[name]) != ALLOW] == []


@machines
@given(number=st.integers(460, 0xFFFFFFFF), arguments=st.tuples(*[st.integers(0, 2**64 - 1)] * 6))
def test_calls_of_the_future_and_of_x32_are_refused(machine: str, number: int, arguments: tuple[int, ...]) -> None:
    assert verdict(machine, True, number, arguments) == EPERM


@machines
@given(number=st.integers(0, 500), arch=st.integers(0, 0xFFFFFFFF))
def test_calls_by_another_convention_are_refused(machine: str, number: int, arch: int) -> None:
    if arch != ARCH[machine]:
        assert verdict(machine, True, number, arch=arch) == EPERM


@given(number=st.integers(0, 0x3FFFFFFF))
def test_x32_numbers_are_refused_though_their_architecture_is_right(number: int) -> None:
    assert verdict("x86_64", True, 0x40000000 | number) == EPERM


@machines
@given(protection=st.integers(0, 2**64 - 1))
def test_memory_is_mapped_unless_it_could_be_executed(machine: str, protection: int) -> None:
    for number in MAPPING[machine]:
        assert verdict(machine, False, number, (0, 4096, protection)) == (EPERM if protection & 4 else ALLOW)


@machines
@given(flags=st.integers(0, 2**32 - 1))
def test_files_are_opened_only_where_allowed_and_only_to_read(machine: str, flags: int) -> None:
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | (os.O_TMPFILE & ~os.O_DIRECTORY)
    assert verdict(machine, False, OPEN[machine], (0, 0, flags)) == EPERM
    assert verdict(machine, True, OPEN[machine], (0, 0, flags)) == (EPERM if flags & writing else ALLOW)


@machines
def test_only_a_descriptor_can_be_asked_for_its_size(machine: str) -> None:
    empty_path, no_follow = 0x1000, 0x100
    assert verdict(machine, False, STAT[machine], (3, 0, 0, empty_path)) == ALLOW
    assert verdict(machine, False, STAT[machine], (3, 0, 0, no_follow)) == EPERM
    assert verdict(machine, False, STAT[machine], (3, 0, 0, 0)) == EPERM
