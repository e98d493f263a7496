"""What variants are built from: arrays, options, likelihood pieces, priors, registry."""
