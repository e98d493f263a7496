"""Where scores come from: one module a source, each returning `gapmodel.scores.table.Scores`."""
