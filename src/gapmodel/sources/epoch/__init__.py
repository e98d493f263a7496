"""The hub export and the matrix of Epoch AI."""
