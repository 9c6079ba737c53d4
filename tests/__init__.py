"""The test suite. It must not be imported by the product."""
