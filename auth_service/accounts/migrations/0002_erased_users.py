from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='erased_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='useraudit',
            name='change',
            field=models.CharField(choices=[('created', 'Created'), ('role_changed', 'Role Changed'), ('suspended', 'Suspended'), ('reactivated', 'Reactivated'), ('deleted', 'Deleted'), ('erased', 'Erased'), ('password_changed', 'Password Changed')], max_length=20),
        ),
    ]
