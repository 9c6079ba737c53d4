"""Template tags of the pages; they must not query the database."""
