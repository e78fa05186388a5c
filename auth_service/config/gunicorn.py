"""gunicorn's settings: two ports, a few threads a worker, long keep-alive."""

import sys
from typing import Any

from auth_service.config import settings
from auth_service.tokens.key_folder import KeyFolder
from chassis.environment import env, required_by

with required_by(settings.SERVICE):
    bind = [env.str("PUBLIC_BIND"), env.str("INTERNAL_BIND")]
    workers = env.int("WEB_WORKERS", 2)
    threads = env.int("WEB_THREADS", 4)
    # How long requests in flight may take to finish when it is told to stop.
    graceful_timeout = env.int("GRACEFUL_SECONDS", 8)

worker_class = "chassis.serving.DrainingWorker"
# Longer than the gateway keeps an idle connection (1 s), or it would meet a 502.
keepalive = 75
timeout = 30
worker_tmp_dir = None
control_socket_disable = True


def on_starting(server: Any) -> None:  # noqa: ARG001  # gunicorn gives it
    """This function will stop the start unless a key is there to sign tokens with."""
    if KeyFolder(settings.SIGNING_KEYS_DIR).signing_key() is None:
        sys.exit(
            "auth_service can't start: SIGNING_KEYS_DIR holds no key that signs now; "
            "run: python auth_service/manage.py create_signing_key"
        )
