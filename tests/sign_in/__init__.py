"""How people sign in, show again who they are, and are out."""
