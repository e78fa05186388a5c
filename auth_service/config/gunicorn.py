"""gunicorn's settings: two ports, a few threads a worker, long keep-alive."""

import sys
from typing import Any

from auth_service.config import settings
from auth_service.tokens.key_folder import KeyFolder
from chassis import gunicorn_hooks
from chassis.environment import env, required_by
from chassis.metric_files import choose_folder

with required_by(settings.SERVICE):
    bind = [env.str("PUBLIC_BIND"), env.str("INTERNAL_BIND")]
    workers = settings.WEB_WORKERS
    threads = env.int("WEB_THREADS", 4)
    choose_folder(env.str("METRICS_DIR", None))
    # How long requests in flight may take to finish when it is told to stop.
    graceful_timeout = env.int("GRACEFUL_SECONDS", 8)

proc_name = settings.SERVICE
worker_class = "auth_service.config.worker.AuthWorker"
logger_class = gunicorn_hooks.JsonLogger
# Longer than the gateway keeps an idle connection (1 s), or it would meet a 502.
keepalive = 75
timeout = 30
worker_tmp_dir = None
control_socket_disable = True

post_fork = gunicorn_hooks.post_fork
child_exit = gunicorn_hooks.child_exit
on_exit = gunicorn_hooks.on_exit


def on_starting(server: Any) -> None:
    """This function will stop the start unless a key is there to sign tokens with."""
    if KeyFolder(settings.SIGNING_KEYS_DIR).signing_key() is None:
        sys.exit(
            "auth_service can't start: SIGNING_KEYS_DIR holds no key that signs now; "
            "run: python auth_service/manage.py create_signing_key"
        )
    gunicorn_hooks.on_starting(server)


def post_worker_init(worker: Any) -> None:
    """Prepare a worker, and count its threads for passwords among the others."""
    from auth_service.config.worker import PASSWORD_THREADS  # noqa: PLC0415  # needs the settings

    gunicorn_hooks.post_worker_init(worker, more_threads=PASSWORD_THREADS)
