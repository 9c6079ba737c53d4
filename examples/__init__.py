"""The demo: a fictional organisation, recorded runs of real agents, and agents that act live. It must not import the product."""
