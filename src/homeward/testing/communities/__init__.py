"""Made-up communities with exact answers, from a seed: boards and take-downs, people on two sites, files that are passed on.

Parameters are drawn from ranges; those of ``TUNE`` and ``REPORT`` are disjoint wherever it can matter, so that nothing that
was chosen on one is reported on the same.
"""
