"""Checks an Oversight ledger offline: an export, a receipt, two checkpoints. It must not trust what the server computed.

Only the standard library and `cryptography`: an auditor can read all of it in an hour. Begin with `cli.py`, then `export.py`.
"""
