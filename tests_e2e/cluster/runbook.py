"""The shell blocks of docs/operations.md that a trial follows word by word.

A block is indented by four spaces, after a line `<!-- tried: NAME -->`.
"""

import re
from functools import cache

from local.settings import ROOT

_BLOCK = re.compile(r"<!-- tried: ([a-z-]+) -->\n\n((?:(?: {4}.*)?\n)+)")


@cache
def read_blocks() -> dict[str, str]:
    """Return the text of each block by its name, without its indentation."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return {
        name: "".join(line[4:] or "\n" for line in block.splitlines(keepends=True))
        for name, block in _BLOCK.findall(text)
    }


def script(*names: str) -> str:
    """Return those blocks as one script that stops at the first failure."""
    blocks = read_blocks()
    return "\n".join(["set -euo pipefail", *(blocks[name] for name in names)])
