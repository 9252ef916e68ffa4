"""Hypotheses: pictures held together by links; clues, leads, priority and the standing watch. Nothing lives here yet."""
