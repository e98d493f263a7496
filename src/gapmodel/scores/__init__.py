"""The scores table: columns, faults, validation, subsets, groups."""
