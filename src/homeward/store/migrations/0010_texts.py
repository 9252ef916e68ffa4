"""Lines that were read in pictures, and the index by which they are searched."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0009_sights")]
    operations = [
        migrations.CreateModel(
            "TextLine",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="homeward.item")),
                ("time_ms", models.IntegerField()),
                ("line", models.IntegerField()),
                ("text", models.TextField()),
                ("left", models.IntegerField()),
                ("top", models.IntegerField()),
                ("width", models.IntegerField()),
                ("height", models.IntegerField()),
                ("angle", models.IntegerField()),
                ("confidence", models.IntegerField()),
                ("source", models.CharField(max_length=16)),
                ("words", models.JSONField()),
                ("key", models.TextField(db_index=True)),
                ("current", models.BooleanField()),
                ("batch", models.BigIntegerField(db_index=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("current", True)), fields=("item", "line"), name="text_line_once"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            "TextGram",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("gram", models.CharField(max_length=2)),
                ("key", models.TextField()),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("gram", "key"), name="text_gram_once")]},
        ),
    ]
