"""Run folders: written, read, checked."""
