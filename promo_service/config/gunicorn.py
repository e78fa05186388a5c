"""gunicorn's settings: two ports, a few threads a worker, long keep-alive."""

from typing import Any

from chassis import gunicorn_hooks
from chassis.environment import env, required_by
from chassis.metric_files import choose_folder
from promo_service.config import settings  # what is missing stops the master itself

with required_by(settings.SERVICE):
    bind = [env.str("PUBLIC_BIND"), env.str("INTERNAL_BIND")]
    workers = env.int("WEB_WORKERS", 2)
    threads = env.int("WEB_THREADS", 4)
    choose_folder(env.str("METRICS_DIR", None))
    # How long requests in flight may take to finish when it is told to stop.
    graceful_timeout = env.int("GRACEFUL_SECONDS", 8)

proc_name = settings.SERVICE
worker_class = "chassis.gunicorn_worker.ServiceWorker"
logger_class = gunicorn_hooks.JsonLogger
# Longer than the gateway keeps an idle connection (1 s), or it would meet a 502.
keepalive = 75
timeout = 30
worker_tmp_dir = None
control_socket_disable = True

on_starting = gunicorn_hooks.on_starting
post_fork = gunicorn_hooks.post_fork
child_exit = gunicorn_hooks.child_exit
on_exit = gunicorn_hooks.on_exit


def post_worker_init(worker: Any) -> None:
    """Prepare a worker for tokens, and go on with what is done piece by piece."""
    # They need the apps.
    from promo_service.holders.keys import keep_fresh  # noqa: PLC0415
    from promo_service.promos import background  # noqa: PLC0415

    gunicorn_hooks.post_worker_init(worker)
    keep_fresh()
    background.start()
