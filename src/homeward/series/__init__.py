"""Hypotheses: pictures held together by links; clues, leads, priority and the standing watch. Clues live here so far."""
