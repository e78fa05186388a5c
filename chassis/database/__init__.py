"""The database engine: Django's for PostgreSQL, with what each thread spends there."""
