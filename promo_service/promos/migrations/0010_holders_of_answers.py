"""A kept answer names the holder whom it tells of, or several, for erasure to find it.

Answers of the version that still runs name none until they are erased by hand;
`verify_ledger` names what is left of an erased person.
"""

from django.db import migrations, models

_NAME_ONE = """
UPDATE idempotency_key
SET holder_id = COALESCE(answer::jsonb ->> 'user_id', answer::jsonb #>> '{user,id}')::uuid
WHERE answer IS JSON OBJECT AND NOT answer::jsonb ? 'results'
"""
_NAME_SEVERAL = """
INSERT INTO answer_holder (holder_id, actor_id, key)
SELECT DISTINCT (one #>> '{user,id}')::uuid, actor_id, key
FROM idempotency_key
CROSS JOIN LATERAL jsonb_array_elements(answer::jsonb -> 'results') AS one
WHERE answer IS JSON OBJECT AND answer::jsonb ? 'results'
"""


class Migration(migrations.Migration):
    """Adds the column, the table, and what they say of answers that are there."""

    dependencies = [("promos", "0020_books")]

    operations = [
        migrations.AddField(
            "idempotencykey", "holder_id", models.UUIDField(null=True)
        ),
        migrations.CreateModel(
            name="AnswerHolder",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "holder_id",
                        "actor_id",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("holder_id", models.UUIDField()),
                ("actor_id", models.UUIDField()),
                ("key", models.CharField(db_collation="C", max_length=255)),
            ],
            options={"db_table": "answer_holder"},
        ),
        migrations.RunSQL(_NAME_ONE, migrations.RunSQL.noop),
        migrations.RunSQL(_NAME_SEVERAL, migrations.RunSQL.noop),
    ]
