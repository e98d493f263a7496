"""Commands, their options, printing and progress."""
