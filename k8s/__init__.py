"""The manifests for Kubernetes, and what `make check-k8s` holds them against."""
