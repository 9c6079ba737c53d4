"""Reads that pages and representations of `approvals` share. They must not write."""
