"""Tests of the demo material. They must not start a server of the product."""
