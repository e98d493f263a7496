"""The one path from scores to a summary, and the track record quoted beside it."""
