"""Hypotheses: pictures held together by links; clues, leads, priority and the standing watch."""
