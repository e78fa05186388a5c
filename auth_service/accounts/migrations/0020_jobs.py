"""When scheduled commands last succeeded; until one does, when it was due to begin."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the table, and a row for each command."""

    dependencies = [("accounts", "0003_statistics_of_names")]

    operations = [
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
        migrations.RunSQL(
            "INSERT INTO job (name, succeeded_at) VALUES ('purge', now())",
            migrations.RunSQL.noop,
        ),
    ]
