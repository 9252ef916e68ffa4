"""What leaves a case and what partners send: exports, packages, private matching, clearing houses."""
