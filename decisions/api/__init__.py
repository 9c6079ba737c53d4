"""The API for what agents did: events and the timeline. Views translate HTTP; they must not append by themselves."""
