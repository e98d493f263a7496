"""Numbers without a model: proper scores, uniformity of ranks, flat draws."""
