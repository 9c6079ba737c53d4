"""The pages in a real Chromium, against the real application. Opt-in: `make test-browser`."""
