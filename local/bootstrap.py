"""Starts one command of the Makefile, on whatever Python the machine has.

Every Python since 2.7 must be able to parse this file, so that an old one hears a
sentence and not a traceback. What needs a newer Python lies in local.launch.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - what is older must get this far
    sys.exit(
        "Promo System needs Python 3.11 or later, and %s is Python %d.%d. "  # noqa: UP031
        "Install a newer one and name it: PYTHON=python3.13 make run"
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )

# Instead of this file's own folder, whose modules would stand in for others.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if os.geteuid() == 0:
    sys.dont_write_bytecode = True  # a folder of somebody else gets no files of root's

from local.launch import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
