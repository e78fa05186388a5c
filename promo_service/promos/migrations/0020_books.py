"""Up to when the books are closed, and when scheduled commands last succeeded.

What closes days before this version does says nothing of it in `books`; the next
`close_days` of this one does, whether or not there is a day to close.
"""

from django.db import migrations, models

_FILL = """
INSERT INTO books (id, closed_until)
SELECT 1, (max(day) + 1)::timestamp AT TIME ZONE 'UTC' FROM closed_day;
INSERT INTO job (name, succeeded_at)
VALUES ('close_days', now()), ('verify_ledger', now());
"""


class Migration(migrations.Migration):
    """Adds two tables with their rows."""

    dependencies = [("promos", "0009_promos_by_status")]

    operations = [
        migrations.CreateModel(
            name="Books",
            fields=[
                (
                    "id",
                    models.SmallIntegerField(
                        default=1, primary_key=True, serialize=False
                    ),
                ),
                ("closed_until", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "books",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(id=1), name="books_are_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "name",
                    models.CharField(max_length=50, primary_key=True, serialize=False),
                ),
                ("succeeded_at", models.DateTimeField()),
            ],
            options={"db_table": "job"},
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
