"""Captures of communities, and what they say of boards, handles and reports."""
