"""Four schedulers beside each other, most of which die again and again: no moment rings twice."""

import itertools
import os
import signal
import subprocess
import sys
import time

from jobs.schedule import LEASE_SECONDS, TIMETABLE
from nimbus import queues
from nimbus.queue_server import queue_url
from nimbus.queues import SWEEP
from nimbus.settings_kinds import CHECKOUT
from tests.product import running_product
from tests.run.waiting import processes_with

UNDISTURBED, DISTURBED, KILL_EVERY = 60, 180, 30  # seconds
EVERY = next(entry.seconds for entry in TIMETABLE if entry.job == SWEEP)


def rings(queue, seconds, meanwhile=lambda: None):
    """When the sweep was asked for, in seconds since the begin; each request leaves another id behind."""
    began, last, moments = time.monotonic(), queue.get(f"nimbus:rung:{SWEEP}"), []
    while (passed := time.monotonic() - began) < seconds:
        meanwhile()
        if (rung := queue.get(f"nimbus:rung:{SWEEP}")) != last:
            last = rung
            moments.append(passed)
        time.sleep(0.02)
    return moments


def pauses(moments):
    return [later - before for before, later in itertools.pairwise(moments)]


class Schedulers:
    """Three beside the product's own. Called again and again, it kills all but one every half a minute."""

    def __init__(self, product):
        self.kills, self._product, self._due = 0, product, 0.0
        self._beside = []
        self._complete()

    def __call__(self):
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + KILL_EVERY
        found = sorted(processes_with(self._product.mark).items())
        running = [pid for pid, command in found if "jobs.schedule" in command]
        survivor = running[(self.kills + 1) % len(running)]
        killed = [pid for pid in running if pid != survivor]
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        for one in self._beside:
            if one.pid in killed:
                one.wait()
        self.kills += len(killed)
        self._complete()

    def _complete(self):
        """Start those of ours that are dead; the product does the same for its own."""
        self._beside = [one for one in self._beside if one.poll() is None]
        command = [sys.executable, "-m", "jobs.schedule"]
        while len(self._beside) < 3:
            self._beside.append(subprocess.Popen(command, cwd=CHECKOUT, env=self._product._environ))

    def end(self):
        for one in self._beside:
            one.kill()
            one.wait()


def test_four_schedulers_ring_once_for_each_moment(capsys):
    with running_product() as product:
        queue, schedulers = queues.connect(queue_url(product.settings)), Schedulers(product)
        try:
            calm = rings(queue, UNDISTURBED)
            killed = rings(queue, DISTURBED, schedulers)
        finally:
            schedulers.end()

    shortest, longest = min(pauses(killed)), max(pauses([0.0, *killed]))  # the first death comes at once
    with capsys.disabled():
        shown = f"rings {len(calm)} and with kills {len(killed)} kills {schedulers.kills}"
        print(f"\nsoak schedulers {shown} pause_s {shortest:.1f} to {longest:.1f}")  # noqa: T201 - what the run is for
    assert abs(len(calm) - UNDISTURBED / EVERY) <= 1
    assert min(*pauses(calm), shortest) > EVERY - 1.5  # a tick is a second
    assert EVERY + 1 < longest <= EVERY + LEASE_SECONDS + 3  # the one at work was among the dead
