"""The composition root: settings, routes and processes. It must not hold a domain rule."""
