"""The rendered objects, asked the questions that the tests have."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from k8s.rendering import HERE, Manifest, Rendering, render

NAMESPACE = "promo-system"
DATABASES_NAMESPACE = "promo-databases"
SERVICES = ("auth-service", "promo-service")


@dataclass(frozen=True)
class Pod:
    """A pod as its owner will make it."""

    owner: Manifest
    template: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.labels["app.kubernetes.io/name"])

    @property
    def namespace(self) -> str:
        return str(self.owner["metadata"]["namespace"])

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.template["metadata"]["labels"])

    @property
    def spec(self) -> dict[str, Any]:
        return dict(self.template["spec"])

    @property
    def containers(self) -> list[dict[str, Any]]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def main(self) -> dict[str, Any]:
        return dict(self.spec["containers"][0])

    @property
    def volumes(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in self.spec.get("volumes", [])}

    @property
    def is_long_running(self) -> bool:
        return self.owner["kind"] in {"Deployment", "StatefulSet"}

    @property
    def is_scaled(self) -> bool:
        return self.name in {*SERVICES, "gateway"}


@dataclass(frozen=True)
class Rendered:
    """One rendering of an overlay."""

    rendering: Rendering
    objects: tuple[Manifest, ...] = field(repr=False)

    @classmethod
    def of(cls, rendering: Rendering) -> "Rendered":
        return cls(rendering, render(rendering))

    def all(self, *kinds: str) -> list[Manifest]:
        return [each for each in self.objects if each["kind"] in kinds]

    def find(self, kind: str, name: str, namespace: str = NAMESPACE) -> Manifest:
        (found,) = (
            each
            for each in self.all(kind)
            if each["metadata"]["name"] == name
            and each["metadata"].get("namespace", namespace) == namespace
        )
        return found

    @property
    def pods(self) -> list[Pod]:
        return list(self._list_pods())

    def pod(self, name: str) -> Pod:
        (found,) = (pod for pod in self.pods if pod.name == name)
        return found

    def config(self, name: str) -> dict[str, str]:
        """The data of a ConfigMap, whatever hash its name ends with."""
        (found,) = (
            each
            for each in self.all("ConfigMap")
            if each["metadata"]["name"].rpartition("-")[0] == name
        )
        return dict(found["data"])

    def _list_pods(self) -> Iterator[Pod]:
        for each in self.all("Deployment", "StatefulSet", "Job"):
            yield Pod(each, each["spec"]["template"])
        for each in self.all("CronJob"):
            yield Pod(each, each["spec"]["jobTemplate"]["spec"]["template"])


def image_of(container: dict[str, Any]) -> tuple[str, str]:
    """The last part of an image's name, and its tag."""
    name, _, tag = str(container["image"]).rpartition("/")[2].partition(":")
    return name, tag


def version() -> str:
    """The release that pyproject.toml names."""
    text = (HERE.parent / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])
