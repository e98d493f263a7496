"""HTTP with limits, its cache, and archives."""
