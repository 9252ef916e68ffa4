"""What was said about clues."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0007_cameras")]
    operations = [
        migrations.CreateModel(
            "ClueEvent",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=64, unique=True)),
                ("clue", models.CharField(max_length=64, db_index=True)),
                ("picture", models.CharField(max_length=64, db_index=True)),
                ("body", models.TextField()),
                ("source", models.CharField(max_length=64)),
                ("batch", models.BigIntegerField(db_index=True)),
            ],
        ),
    ]
