"""The floor: what the same work costs without everything that makes it a service.

A bare Django app on the product's gunicorn, database and kind of nginx, that runs the
product's own SQL and answers the same members. No DRF, no token, no log, no metrics.
"""
