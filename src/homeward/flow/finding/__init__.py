"""Asking a case with a picture from outside, which is measured behind the lock and not kept."""
