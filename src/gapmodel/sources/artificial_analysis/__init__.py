"""Snapshots of Artificial Analysis."""
