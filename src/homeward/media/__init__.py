"""Bytes made safe to look at: what kind they are, grey pixels with their damage, veils, metadata, frames of video.

No name here opens a file: bytes in, records out. Decoders are in their own modules, since importing them is work that only a
locked worker should do: :func:`homeward.media.stills.decode_still`, :func:`homeward.media.veil.veil`.
"""

from homeward.media.records import MIN_SOUND, Damage, DecodeFailed, Grey, Still, TooLarge

__all__ = ["MIN_SOUND", "Damage", "DecodeFailed", "Grey", "Still", "TooLarge"]
