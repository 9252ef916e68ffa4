"""From all evidence to victim hypotheses, what people decide about them, and the watch over them."""
