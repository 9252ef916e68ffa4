"""Formats out: what leaves a case, and the record that it left."""

from homeward.exchange.csv_out import COLUMNS, write_csv

__all__ = ["COLUMNS", "write_csv"]
