"""Promises about the repository itself: its shape, its words, its files. They must not need a database where none is tested."""
