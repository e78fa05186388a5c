"""Holds manifests against the schemas of the newest Kubernetes that are at hand."""

from collections.abc import Iterable, Iterator

import kubernetes_validate

from k8s.rendering import Manifest

# Operators bring these; everything else must be known to Kubernetes itself.
CUSTOM_KINDS = {
    ("postgresql.cnpg.io/v1", "Cluster"),
    ("postgresql.cnpg.io/v1", "Pooler"),
    ("monitoring.coreos.com/v1", "PodMonitor"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
}
KUBERNETES = kubernetes_validate.latest_version()


def find_faults(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Yield a line for each object that the API server would not take as it is.

    Unknown fields are faults, and so are unknown kinds.
    """
    for manifest in manifests:
        kind = manifest["apiVersion"], manifest["kind"]
        if kind in CUSTOM_KINDS:
            continue
        name = f"{manifest['kind']} {manifest['metadata']['name']}"
        try:
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(str(part) for part in error.path)
            yield f"{name}: {where}: {error.message[:300]}"
        except kubernetes_validate.SchemaNotFoundError:
            yield f"{name}: Kubernetes {KUBERNETES} has no {kind[1]} in {kind[0]}"
