"""gunicorn's settings: two ports, a few threads a worker, long keep-alive."""

from chassis.environment import env, required_by
from promo_service.config import settings  # what is missing stops the master itself

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
