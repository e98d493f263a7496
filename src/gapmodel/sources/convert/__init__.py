"""Tables in formats of other publishers."""
