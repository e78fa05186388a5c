"""Nothing is lost and nothing doubled, whatever dies: `make test-faults`.

The real system runs as `make run` starts it, durable settings and all. Clients that
retry as a good client does (the same Idempotency-Key until there is an answer) use,
grant and reverse points through the gateway, and change users, while SIGKILL goes, in
turn and at random moments, to a worker of promo_service, all of promo_service,
PostgreSQL, the relay in the middle of a batch, auth_service, and nginx.

Then everything is compared: what was acknowledged is in the ledger exactly once, what
was refused is not, nothing is there that nobody asked for, the books balance, and both
databases say the same of every user. `KILLS=120 SEED=7 make test-faults`; it takes some
ten minutes and is no part of `make test`.
"""
