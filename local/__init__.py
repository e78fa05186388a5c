"""The launcher: what `make run`, `make demo`, `make test` and `make check` start.

It turns a bare checkout into a running system without Docker and without root
("Running it" in the architecture): a virtual environment from the locked requirements,
PostgreSQL and nginx out of wheels, and every process under supervisor. The services
know nothing of it; in containers the same programs are started by other means.
"""
