"""The forecast ledger: statements made on a date, each bound to the one before, and what became of them."""
