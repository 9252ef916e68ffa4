"""Marks of sites and programs that lie over two pictures."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("homeward", "0016_backgrounds")]
    operations = [
        migrations.AddField("SightLink", "mark", models.IntegerField(default=0)),
        migrations.AddField("SightLink", "mark_a", models.TextField(default="")),
        migrations.AddField("SightLink", "mark_b", models.TextField(default="")),
    ]
