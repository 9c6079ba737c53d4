"""Recorded runs of agents, one module a format."""
