"""One-time codes beside passwords."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0017_marks")]
    operations = [
        migrations.AddField("Person", "second", models.TextField(default="")),
        migrations.AddField("Person", "second_used", models.BigIntegerField(default=0)),
    ]
