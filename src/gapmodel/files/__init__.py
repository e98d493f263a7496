"""Writing files: atomic, whole folders at once, CSV that no spreadsheet runs."""
