"""Questions that people keep under a name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0020_first_postings")]
    operations = [
        migrations.CreateModel(
            "Search",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(max_length=16)),
                ("name", models.TextField()),
                ("query", models.TextField()),
                ("batch", models.BigIntegerField(db_index=True)),
            ],
        ),
    ]
