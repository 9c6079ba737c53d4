"""What agents did: register, ledger, decisions, timeline. It must not know what people said of them."""
