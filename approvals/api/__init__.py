"""The API for what people said, and the representation of a decision. Views translate HTTP; actions decide and record."""
