"""Turns what agents send into drafts for the spine. It must not answer HTTP."""
