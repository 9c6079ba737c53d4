"""Pages on which people are asked or answered. Views translate HTTP; actions decide and record."""
