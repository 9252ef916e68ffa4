"""How pictures are turned to stand upright."""

ORIENTATIONS = {0: 1, 90: 6, 180: 3, 270: 8}
"""EXIF orientation (CIPA DC-008, 4.6.4) of a clip that is turned by so many degrees clockwise when it is viewed."""
