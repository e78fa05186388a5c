"""What `make check-k8s` takes for a fault before any test runs."""

import pytest

from k8s import rendering
from k8s.rendering import Manifest, Rendering, list_renderings, render
from k8s.validation import find_faults
from local.console import Refusal

SERVICE: Manifest = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "some"},
    "spec": {"ports": [{"port": 80}]},
}


def test_an_object_as_kubernetes_knows_it_has_no_fault() -> None:
    assert list(find_faults([SERVICE])) == []


def test_a_field_that_is_misspelt_is_a_fault() -> None:
    misspelt = {**SERVICE, "spec": {"port": [{"port": 80}]}}
    (fault,) = find_faults([misspelt])
    assert fault.startswith("Service some: spec: ")


def test_a_kind_that_is_unknown_is_a_fault() -> None:
    unknown = {**SERVICE, "apiVersion": "example.com/v1", "kind": "Cluster"}
    (fault,) = find_faults([unknown])
    assert "has no Cluster in example.com/v1" in fault


def test_a_kind_that_a_named_operator_brings_is_left_to_it() -> None:
    known = {**SERVICE, "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster"}
    assert list(find_faults([known])) == []


def test_every_overlay_is_rendered_as_it_is_and_with_each_component() -> None:
    found = list(list_renderings())
    assert Rendering("local") in found
    assert Rendering("production") in found
    assert Rendering("production", ("cloudnativepg",)) in found


def test_an_overlay_that_does_not_render_is_refused_with_kubectls_words() -> None:
    with pytest.raises(Refusal, match=r"no-such can't be rendered: .*no-such"):
        render(Rendering("local", ("no-such",)))


def test_a_machine_without_kubectl_hears_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Refusal, match="kubectl is missing"):
        rendering.find_kubectl()
