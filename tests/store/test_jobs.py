"""Every item is worked on once: by one process at a time, twice at most when it kills its worker, never lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from subprocess import Popen

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from store_makers import STEP, exhibit, row

from homeward.core.time import utc_now
from homeward.store import Case
from homeward.store.intake import take
from homeward.store.jobs import MAX_ATTEMPTS, StepKey
from homeward.store.models import Item, Job

Elsewhere = Callable[[str], Popen[str]]


@pytest.fixture
def items(case: Case) -> list[int]:
    """Thirty stills; a video and a thing that is neither."""
    rows = [row(f"{n}.png", content=str(n).encode()) for n in range(30)]
    rows += [row("clip.mp4", content=b"clip", kind="video"), row("note.txt", content=b"note", kind="")]
    take(case, exhibit(case), {one.source: "stamp" for one in rows}, rows)
    return list(Item.objects.using(case.alias).filter(kind="still").order_by("id").values_list("id", flat=True))


def states(case: Case) -> dict[str, int]:
    counted: dict[str, int] = {}
    for state in Job.objects.using(case.alias).values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted


def done(case: Case, items: Iterable[int]) -> set[int]:
    with transaction.atomic(using=case.alias):
        return case.jobs.done(STEP, items, 1)


def test_every_item_of_a_kind_gets_one_job_a_key(case: Case, items: list[int]) -> None:
    assert case.jobs.enqueue(STEP, ["still"]) == 30
    assert case.jobs.enqueue(STEP, ["still"]) == 0
    assert case.jobs.enqueue(STEP, ["still", "video"]) == 1
    assert case.jobs.enqueue(StepKey("describe", "2", STEP.params), ["still"]) == 30
    assert case.jobs.pending(STEP) == 31


def test_a_lease_that_is_renewed_does_not_expire(case: Case, items: list[int]) -> None:
    case.jobs.enqueue(STEP, ["still"])
    case.jobs.lease(STEP, 10)
    Job.objects.using(case.alias).filter(state="leased").update(expires=utc_now() - timedelta(seconds=1))
    case.jobs.renew()
    assert case.jobs.reclaim() == 0
    assert states(case) == {"leased": 10, "pending": 20}


def test_jobs_are_leased_in_order_and_once(case: Case, items: list[int]) -> None:
    case.jobs.enqueue(STEP, ["still"])
    assert [case.jobs.lease(STEP, 12) for _ in range(4)] == [items[:12], items[12:24], items[24:], []]
    assert states(case) == {"leased": 30}
    assert done(case, items[:5]) == set(items[:5])
    assert done(case, items[:5]) == set()
    assert case.jobs.failed(STEP, items[5], "it is no picture", 3)
    assert not case.jobs.failed(STEP, items[5], "it is no picture", 4)
    assert states(case) == {"leased": 24, "done": 5, "failed": 1}
    case.jobs.release()
    assert case.jobs.lease(STEP, 99) == items[6:]


def test_a_file_that_kills_its_worker_is_tried_twice(case: Case, items: list[int]) -> None:
    case.jobs.enqueue(STEP, ["still"])
    for attempt in range(MAX_ATTEMPTS):
        assert case.jobs.lease(STEP, 1) == items[:1]
        assert case.jobs.lost(STEP, items[0], f"crash {attempt}", attempt) is (attempt == MAX_ATTEMPTS - 1)
    assert case.jobs.lease(STEP, 1) == items[1:2]
    failed = Job.objects.using(case.alias).get(item_id=items[0])
    assert (failed.state, failed.attempts, failed.reason, failed.batch) == ("failed", 2, "crash 1", 1)


def test_what_a_rolled_back_batch_marked_done_is_still_to_do(case: Case, items: list[int]) -> None:
    case.jobs.enqueue(STEP, ["still"])
    leased = case.jobs.lease(STEP, 3)
    with pytest.raises(RuntimeError):
        _done_then_fail(case, leased)
    assert states(case) == {"leased": 3, "pending": 27}
    assert done(case, leased) == set(leased)


def _done_then_fail(case: Case, leased: list[int]) -> None:
    with case.batch("step.batch"):
        case.jobs.done(STEP, leased, 1)
        raise RuntimeError


def test_a_lease_that_ran_out_goes_to_another_and_its_late_result_is_not_taken(case: Case, items: list[int]) -> None:
    case.jobs.enqueue(STEP, ["still"])
    late = case.jobs.lease(STEP, 2)
    jobs = Job.objects.using(case.alias).filter(item_id__in=late)
    jobs.update(expires=utc_now() - timedelta(seconds=1))
    assert case.jobs.reclaim() == 2
    jobs.update(state="leased", owner="another-machine/1/1", expires=utc_now() + timedelta(minutes=5))
    assert case.jobs.reclaim() == 0
    assert done(case, late) == set()
    assert not case.jobs.failed(STEP, late[0], "too late", 1)
    assert not case.jobs.lost(STEP, late[1], "too late", 1)
    assert states(case) == {"leased": 2, "pending": 28}


def test_what_a_killed_process_held_is_done_by_the_next(case: Case, items: list[int], elsewhere: Elsewhere) -> None:
    case.jobs.enqueue(STEP, ["still"])
    code = "from store_makers import STEP\nassert len(case.jobs.lease(STEP, 7)) == 7\nos.kill(os.getpid(), signal.SIGKILL)\n"
    assert elsewhere(code).wait() == -9
    assert states(case) == {"leased": 7, "pending": 23}
    assert case.jobs.reclaim() == 7
    assert case.jobs.lease(STEP, 99) == items


def test_reclaiming_leaves_the_living_alone(case: Case, items: list[int], elsewhere: Elsewhere) -> None:
    case.jobs.enqueue(STEP, ["still"])
    code = "from store_makers import STEP\nprint(*case.jobs.lease(STEP, 7), flush=True)\nsignal.pause()\n"
    worker = elsewhere(code)
    assert worker.stdout is not None
    try:
        assert [int(item) for item in worker.stdout.readline().split()] == items[:7]
        assert case.jobs.reclaim() == 0
        assert case.jobs.lease(STEP, 99) == items[7:]
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()


def test_processes_that_lease_at_once_share_the_work(case: Case, items: list[int], elsewhere: Elsewhere) -> None:
    case.jobs.enqueue(STEP, ["still"])
    code = (
        "from store_makers import STEP\nwhile leased := case.jobs.lease(STEP, 2):\n"
        "    with case.batch('step.batch', {'items': leased}):\n        print(*case.jobs.done(STEP, leased, 1), flush=True)\n"
    )
    workers = [elsewhere(code) for _ in range(3)]
    outputs = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sorted(int(item) for output in outputs for item in output.split()) == items
    assert states(case) == {"done": 30}
    assert case.custody.check((), lambda entry: ())[1] == []


class Queue(RuleBasedStateMachine):
    """The table against a plain dictionary."""

    case: Case

    def __init__(self) -> None:
        super().__init__()
        Job.objects.using(self.case.alias).all().delete()
        self.case.jobs.enqueue(STEP, ["still"])
        items = Item.objects.using(self.case.alias).filter(kind="still").values_list("id", flat=True)
        self.state = dict.fromkeys(sorted(items), "pending")
        self.attempts = dict.fromkeys(self.state, 0)

    def those(self, state: str) -> list[int]:
        return [item for item, held in self.state.items() if held == state]

    @rule(count=st.integers(0, 9))
    def lease(self, count: int) -> None:
        expected = self.those("pending")[:count]
        assert self.case.jobs.lease(STEP, count) == expected
        self.state |= dict.fromkeys(expected, "leased")

    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        asked = data.draw(st.sets(st.sampled_from(sorted(self.state)), max_size=9))
        held = asked & set(self.those("leased"))
        assert done(self.case, asked) == held
        self.state |= dict.fromkeys(held, "done")

    @rule(data=st.data(), gently=st.booleans())
    def fail(self, data: st.DataObject, gently: bool) -> None:
        item = data.draw(st.sampled_from(sorted(self.state)))
        (self.case.jobs.lost if gently else self.case.jobs.failed)(STEP, item, "why", 1)
        if self.state[item] == "leased":
            self.attempts[item] += gently
            self.state[item] = "pending" if gently and self.attempts[item] < MAX_ATTEMPTS else "failed"

    @rule()
    def release(self) -> None:
        self.case.jobs.release()
        self.state |= dict.fromkeys(self.those("leased"), "pending")

    @invariant()
    def the_table_agrees(self) -> None:
        table = dict(Job.objects.using(self.case.alias).order_by("item_id").values_list("item_id", "state"))
        assert table == self.state


def test_any_order_of_calls_does_what_a_dictionary_would(case: Case, items: list[int]) -> None:
    machine = type("Queue", (Queue,), {"case": case})
    limits = settings(
        max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    run_state_machine_as_test(machine, settings=limits)
