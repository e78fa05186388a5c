"""Applies the local overlay, and tries under load what operators and fate do to it.

Each trial tells how many uses of points failed. What is planned (a rolling update, a
rotation, a roll back) may fail none; a loss by force may, and has to pass by itself.
The cluster is the one of kubectl (or of KUBECTL=PATH); it keeps what was applied.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from local.console import Refusal, complain, say
from tests_e2e.cluster.cluster import Cluster, Load, find_cluster, start_load
from tests_e2e.cluster.runbook import script

_TWO_OF_EACH = '{"spec": {"minReplicas": 2}}'
# What was under way when a trial ended is told within so long.
_SETTLE_SECONDS = 8
_WELL_AGAIN_SECONDS = 120


@dataclass
class Trials:
    """What is tried on a cluster under load, and what came of it."""

    cluster: Cluster
    load: Load
    faults: int = 0

    def attempt(self, what: str, act: Callable[[], None], *, planned: bool) -> None:
        """Do it, and say how many uses failed meanwhile and until all is well."""
        if os.environ.get("ONLY", "") not in what:
            return
        before, began = self.load.count(), time.monotonic()
        act()
        took = time.monotonic() - began
        well = self._becomes_well()
        after = self.load.count()
        failed = after.failed - before.failed
        say(
            f"  {what}: {after.answered - before.answered} uses, "
            f"{failed.total()} failed, in {took:.0f} s"
        )
        for reason, count in failed.most_common(5):
            say(f"      {count} x {reason}")
        if not well:
            say(f"      not well again after {_WELL_AGAIN_SECONDS} s")
        self.faults += not well or (planned and failed.total() > 0)

    def _becomes_well(self) -> bool:
        """Wait until uses are answered and none fails any more."""
        deadline = time.monotonic() + _WELL_AGAIN_SECONDS
        while time.monotonic() < deadline:
            before = self.load.count()
            time.sleep(_SETTLE_SECONDS)
            after = self.load.count()
            if after.answered > before.answered and after.failed == before.failed:
                return True
        return False


def main() -> int:
    """Run every trial; returns 1 if a planned one failed a use or the books differ."""
    try:
        cluster = find_cluster()
        _apply(cluster)
        with start_load(cluster) as load:
            trials = Trials(cluster, load)
            _try_all(trials)
            faults = load.end()
    except Refusal as refusal:
        complain(f"Promo System: {refusal}")
        return 1
    for fault in faults:
        say(f"  {fault}")
    say(_verify_ledger(cluster))
    say(f"{trials.faults} trials failed, {len(faults)} differences in the ledger")
    return 1 if trials.faults or faults else 0


def _apply(cluster: Cluster) -> None:
    again = "namespace/promo-system" in cluster.run("get", "namespaces", "-o", "name")
    began = time.monotonic()
    cluster.follow("kubectl apply -k k8s/overlays/local" if again else script("local"))
    say(f"applied in {time.monotonic() - began:.0f} s")
    for each in ("auth-service", "promo-service", "gateway"):
        cluster.run("patch", "hpa", each, "--type=merge", "--patch", _TWO_OF_EACH)
    workloads = [f"deployment/{name}" for name in cluster.deployments()]
    for name in ("auth-service", "promo-service", "gateway"):
        _wait_for_two(cluster, name)
    cluster.wait_until_ready(*workloads)


def _wait_for_two(cluster: Cluster, name: str) -> None:
    deadline = time.monotonic() + _WELL_AGAIN_SECONDS
    while time.monotonic() < deadline:
        if len(cluster.pods(name)) >= 2:
            return
        time.sleep(2)
    raise Refusal(f"The autoscaler never made a second pod of {name}.")


def _try_all(trials: Trials) -> None:
    cluster, deployments = trials.cluster, trials.cluster.deployments()
    words = script("kubernetes-words")
    for name in deployments:
        renew = partial(cluster.follow, f"{words}\nrenew {name}\n")
        trials.attempt(f"rolling update of {name}", renew, planned=True)
    for name in ("signing-key", "service-secret", "database-password"):
        rotate = script("kubernetes-words", f"kubernetes-{name}")
        follow = partial(cluster.follow, rotate)
        trials.attempt(f"rotation, {name}", follow, planned=True)
    undo = partial(cluster.follow, script("kubernetes-roll-back"))
    trials.attempt("roll back", undo, planned=True)
    databases = ("statefulset/auth-database", "statefulset/promo-database")
    for workload in (*(f"deployment/{name}" for name in deployments), *databases):
        lose = partial(_lose, cluster, workload)
        trials.attempt(f"loss by force, {workload}", lose, planned=False)


def _lose(cluster: Cluster, workload: str) -> None:
    lost = cluster.pods(workload.partition("/")[2])[0]
    cluster.run("delete", "pod", lost, "--grace-period=0", "--force")
    cluster.wait_until_ready(workload)


def _verify_ledger(cluster: Cluster) -> str:
    command = ["python", "promo_service/manage.py", "verify_ledger"]
    said = cluster.run(
        "exec", "deployment/promo-service", "-c", "promo-service", "--", *command
    )
    return said.splitlines()[-1]


if __name__ == "__main__":
    sys.exit(main())
