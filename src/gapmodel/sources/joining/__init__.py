"""Names, dates and flags joined from several tables."""
