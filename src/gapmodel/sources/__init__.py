"""Where scores come from: one module per source, each returning `gapmodel.scores.table.Scores`."""
