"""A resync has an epoch and an end."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the table of resyncs."""

    dependencies = [("outbox", "0003_undelivered_of_a_user")]

    operations = [
        migrations.CreateModel(
            name="Resync",
            fields=[
                ("epoch", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "creation_time",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("users", models.IntegerField(null=True)),
                ("written_at", models.DateTimeField(null=True)),
                ("taken_until", models.DateTimeField(null=True)),
                ("suspended", models.IntegerField(db_default=0, default=0)),
                ("completed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "resync"},
        ),
    ]
