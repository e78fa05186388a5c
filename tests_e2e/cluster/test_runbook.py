"""The runbook's blocks that `make test-cluster` follows are there and can be read."""

import re
import subprocess

import pytest

from k8s.rendering import HERE
from local.settings import ROOT
from tests_e2e.cluster.runbook import read_blocks

FOLLOWED = set(
    re.findall(
        r'"((?:kubernetes-|local)[a-z-]*)"',
        (ROOT / "tests_e2e/cluster/run.py").read_text(encoding="utf-8"),
    )
)
ROTATED = {"kubernetes-signing-key", "kubernetes-service-secret"}


def operations() -> str:
    return (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_block_that_a_trial_follows_stands_in_the_runbook() -> None:
    assert read_blocks().keys() >= FOLLOWED | ROTATED


@pytest.mark.parametrize("name", sorted(read_blocks()))
def test_a_block_of_the_runbook_is_shell_that_can_be_read(name: str) -> None:
    block = read_blocks()[name]
    assert block.strip()
    subprocess.run(["bash", "-n", "-c", block], check=True)


@pytest.mark.parametrize("where", ["local", "production", "cloudnativepg"])
def test_the_runbook_makes_every_namespace_that_secrets_go_to(where: str) -> None:
    databases = {"AUTH_DATABASE": "a:5432", "PROMO_DATABASE": "p:5432"}
    printed = subprocess.run(
        ["sh", str(HERE / "make-secrets.sh"), where],
        env={"PATH": "/usr/bin:/bin", **databases},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    made = re.findall(r"kubectl apply -f (k8s/\S+namespace\.yaml)", operations())
    names = [
        re.search(r"(?m)^  name: (\S+)", (ROOT / path).read_text(encoding="utf-8"))
        for path in made
    ]
    wanted = set(re.findall(r"(?m)^  namespace: (\S+)", printed))
    assert wanted <= {name[1] for name in names if name}
