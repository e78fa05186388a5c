"""The cluster that kubectl points to, and the pod in it that uses points."""

import json
import os
import shlex
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.console import Refusal, say
from local.settings import ROOT

NAMESPACE = "promo-system"
_POD = "trial"
_SECONDS = 300
_INSIDE = Path(__file__).with_name("inside.py")


@dataclass(frozen=True)
class Cluster:
    """Runs kubectl, and scripts in which `kubectl` is the same one."""

    kubectl: str

    def run(self, *arguments: str, sent: str | None = None) -> str:
        """Return what kubectl prints in the namespace; raises Refusal for a failure."""
        command = [self.kubectl, "--namespace", NAMESPACE, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, input=sent, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Refusal(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def get(self, *arguments: str) -> Any:
        """Return what kubectl finds, as data."""
        return json.loads(self.run("get", *arguments, "--output", "json"))

    def follow(self, script: str) -> None:
        """Run a script of the runbook; raises Refusal with what it said."""
        same = f'kubectl() {{ {shlex.quote(self.kubectl)} "$@"; }}'
        done = subprocess.run(
            ["bash", "-c", f"{same}\n{script}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Refusal(f"The runbook failed:\n{script}\n{done.stdout}")

    def deployments(self) -> list[str]:
        """Return the names of the system's deployments."""
        return [each["metadata"]["name"] for each in self.get("deployments")["items"]]

    def pods(self, application: str) -> list[str]:
        """Return the names of an application's pods, those that leave too."""
        label = f"app.kubernetes.io/name={application}"
        found = self.get("pods", "--selector", label)["items"]
        return [each["metadata"]["name"] for each in found]

    def wait_until_ready(self, *names: str) -> float:
        """Return how many seconds it took until those workloads were whole."""
        began = time.monotonic()
        for name in names:
            timeout = f"--timeout={_SECONDS}s"
            self.run("rollout", "status", name, timeout)
        return time.monotonic() - began


def find_cluster() -> Cluster:
    """Return the cluster of `$KUBECTL` or of kubectl; raises Refusal for none."""
    kubectl = shutil.which(os.environ.get("KUBECTL") or "kubectl")
    if kubectl is None:
        raise Refusal("kubectl is missing. Another one is named by KUBECTL=PATH.")
    cluster = Cluster(str(Path(kubectl).resolve()))
    try:
        cluster.run("version", "--request-timeout=10s")
    except Refusal as error:
        raise Refusal("No cluster answers where kubectl points to.") from error
    return cluster


@dataclass(frozen=True)
class Count:
    """How many uses were answered, and why others failed."""

    answered: int
    failed: Counter[str]


class Load:
    """The pod that uses points, from outside."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def read(self) -> list[dict[str, Any]]:
        """Return the lines that the pod has printed."""
        lines = self._cluster.run("logs", _POD, "--tail=-1").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def count(self) -> Count:
        """Return what became of the uses so far."""
        said = [line for line in self.read() if "answered" in line]
        newest: Any = said[-1] if said else {"answered": 0, "failed": {}}
        return Count(newest["answered"], Counter(newest["failed"]))

    def wait_for(self, key: str, seconds: int = _SECONDS) -> Any:
        """Return what the pod says under that key, once it does; raises Refusal."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            said = [line[key] for line in self.read() if key in line]
            if said:
                return said[0]
            time.sleep(2)
        logs = self._cluster.run("logs", _POD, "--tail=20")
        raise Refusal(f"The trial's pod never said {key!r}. Its last words:\n{logs}")

    def end(self) -> list[str]:
        """Stop it, and return what it found wrong in the ledger."""
        self._cluster.run("exec", _POD, "--", "sh", "-c", "kill -TERM 1")
        faults: list[str] = self.wait_for("faults")
        return faults


@contextmanager
def start_load(cluster: Cluster) -> Iterator[Load]:
    """Run the pod while the caller tries things, and remove it after."""
    cluster.run(
        "delete", "pod,configmap,networkpolicy", _POD, "--ignore-not-found", "--now"
    )
    objects = {"apiVersion": "v1", "kind": "List", "items": _objects(cluster)}
    cluster.run("create", "--filename", "-", sent=json.dumps(objects))
    try:
        load = Load(cluster)
        cluster.run("wait", f"pod/{_POD}", "--for=condition=Ready", "--timeout=120s")
        load.wait_for("tour")
        say("  the tour through the APIs went as it should")
        yield load
    finally:
        cluster.run(
            "delete", "pod,configmap,networkpolicy", _POD, "--ignore-not-found", "--now"
        )


def _objects(cluster: Cluster) -> list[dict[str, Any]]:
    metadata = {"name": _POD, "labels": {"app.kubernetes.io/name": _POD}}
    deployment = cluster.get("deployment", "promo-service")
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    program = {"inside.py": _INSIDE.read_text(encoding="utf-8")}
    gateway = {"matchLabels": {"app.kubernetes.io/name": "gateway"}}
    policy = {
        "podSelector": {"matchLabels": metadata["labels"]},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"podSelector": gateway}], "ports": [{"port": 8080}]}],
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": program,
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata,
            "spec": policy,
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _pod(image)},
    ]


def _pod(image: str) -> dict[str, Any]:
    def from_secret(name: str, key: str) -> dict[str, Any]:
        found = {"name": "first-administrator", "key": key}
        return {"name": name, "valueFrom": {"secretKeyRef": found}}

    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": _POD,
                "image": image,
                "command": ["python", "-u", "/trial/inside.py"],
                "env": [
                    {"name": "TRIAL_HOST", "value": "localhost"},
                    from_secret("ADMIN_USERNAME", "username"),
                    from_secret("ADMIN_PASSWORD", "password"),
                ],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "resources": {
                    "requests": {"cpu": "50m", "memory": "64Mi"},
                    "limits": {"cpu": "1", "memory": "256Mi"},
                },
                "volumeMounts": [{"name": _POD, "mountPath": "/trial"}],
            }
        ],
        "volumes": [{"name": _POD, "configMap": {"name": _POD}}],
    }
