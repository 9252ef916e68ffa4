"""The devices behind a case, by sensor noise."""
