"""The commands, one group a file; each registers itself on the Typer application that it is given."""
