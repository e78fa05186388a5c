"""The auth service's command line: `python auth_service/manage.py COMMAND`."""

import os
import sys
from pathlib import Path


def main() -> None:
    """This function will run the Django command that the arguments name."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auth_service.config.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
