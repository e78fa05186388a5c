"""What `make check-k8s` runs: render every overlay, validate it, and test what it says.

No cluster is asked. The arguments are pytest's.
"""

import subprocess
import sys
from collections import Counter

from k8s.rendering import Rendering, list_renderings, render
from k8s.validation import CUSTOM_KINDS, KUBERNETES, find_faults
from local.console import Refusal, complain, say
from local.settings import ROOT, Settings


def main(arguments: list[str]) -> int:
    """Render, validate and test; returns 0 if nothing is wrong, otherwise 1."""
    try:
        say(f"Held against the schemas of Kubernetes {KUBERNETES}, strictly:")
        # A list: each is to be looked at, whatever the others said.
        valid = [_is_valid(rendering) for rendering in list_renderings()]
    except Refusal as refusal:
        complain(f"Promo System: {refusal}")
        return 1
    if not all(valid):
        return 1
    cache = Settings.read().state.folder / "cache" / "pytest"
    command = [sys.executable, "-m", "pytest", "k8s/tests", "-q"]
    command += ["-o", f"cache_dir={cache}", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _is_valid(rendering: Rendering) -> bool:
    manifests = render(rendering)
    faults = list(find_faults(manifests))
    apart = Counter(
        each["kind"]
        for each in manifests
        if (each["apiVersion"], each["kind"]) in CUSTOM_KINDS
    )
    names = ", ".join(f"{count} {kind}" for kind, count in sorted(apart.items()))
    more = f" (operators' own, apart: {names})" if names else ""
    verdict = "FAILED" if faults else "ok    "
    say(f"{verdict} {len(manifests) - apart.total():3} objects  {rendering}{more}")
    for fault in faults:
        say(f"         {fault}")
    return not faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
