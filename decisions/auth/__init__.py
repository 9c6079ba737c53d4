"""Who is asking: people by session, agents by key. It must not say what they may do to a decision."""
