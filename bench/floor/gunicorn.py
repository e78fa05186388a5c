"""gunicorn's settings: the product's workers, threads and keep-alive."""

import os

bind = os.environ["FLOOR_BIND"]
workers = int(os.environ["WEB_WORKERS"])
threads = int(os.environ["WEB_THREADS"])
worker_class = "gthread"
keepalive = 75
worker_tmp_dir = None
control_socket_disable = True
