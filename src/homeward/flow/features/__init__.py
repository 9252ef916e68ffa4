"""Local features of a case on disk, and which pictures are worth comparing by them."""
