"""Pages about what agents did. Views translate HTTP; they must not append by themselves."""
