"""Renders the overlays, each as it is and with every component added to it."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.console import Refusal

HERE = Path(__file__).resolve().parent

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Rendering:
    """An overlay, and the components added to those that it has by itself."""

    overlay: str
    components: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return a name to be read."""
        return " + ".join([self.overlay, *self.components])

    @property
    def all_components(self) -> set[str]:
        """Return the components in it, whoever named them."""
        return {*self.components, *_list_own_components(self.overlay)}


def list_renderings() -> Iterator[Rendering]:
    """Yield every overlay with every selection of the components it does not have."""
    names = sorted(path.parent.name for path in HERE.glob("components/*/kust*.yaml"))
    for path in sorted(HERE.glob("overlays/*/kustomization.yaml")):
        overlay = path.parent.name
        more = [name for name in names if name not in _list_own_components(overlay)]
        for count in range(len(more) + 1):
            for chosen in itertools.combinations(more, count):
                yield Rendering(overlay, chosen)


@cache
def render(rendering: Rendering) -> tuple[Manifest, ...]:
    """Return the objects that kubectl would apply; raises Refusal where it can't."""
    with tempfile.TemporaryDirectory(prefix="promo-k8s-") as folder:
        # kustomize takes folders relative to its own alone.
        here = os.path.relpath(HERE, Path(folder).resolve())
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [f"{here}/overlays/{rendering.overlay}"],
            "components": [
                f"{here}/components/{each}" for each in rendering.components
            ],
        }
        path = Path(folder, "kustomization.yaml")
        path.write_text(yaml.safe_dump(kustomization), encoding="utf-8")
        said = subprocess.run(
            [find_kubectl(), "kustomize", folder],
            capture_output=True,
            text=True,
            check=False,
        )
    if said.returncode != 0 or said.stderr:
        raise Refusal(f"{rendering} can't be rendered: {said.stderr.strip()}")
    return tuple(yaml.safe_load_all(said.stdout))


def find_kubectl() -> str:
    """Return the path of kubectl; raises Refusal where there is none."""
    path = shutil.which("kubectl")
    if path is None:
        raise Refusal(
            "kubectl is missing, which renders the manifests (1.27 or later; no "
            "cluster is needed). It is one file: https://kubernetes.io/docs/tasks/tools"
        )
    return path


def _list_own_components(overlay: str) -> list[str]:
    path = HERE / "overlays" / overlay / "kustomization.yaml"
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [Path(each).name for each in said.get("components", [])]
