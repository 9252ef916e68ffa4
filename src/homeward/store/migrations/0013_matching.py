"""Private matching with partners."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0012_series")]
    operations = [
        migrations.CreateModel(
            "MatchMessage",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("match", models.CharField(max_length=32)),
                ("number", models.IntegerField()),
                ("act", models.CharField(max_length=20)),
                ("sent", models.BooleanField()),
                ("partner", models.CharField(max_length=40)),
                ("file", models.CharField(max_length=64)),
                ("state", models.CharField(max_length=64)),
                ("batch", models.BigIntegerField(db_index=True)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("match", "number"), name="match_message_once")]},
        ),
    ]
