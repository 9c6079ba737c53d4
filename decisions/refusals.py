"""How many refused attempts of one principal are recorded, so that a loop of refusals cannot fill the ledger. Pure."""


class RefusalCap:
    """At most so many recorded refusals a principal and minute; the others are refused all the same."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.minute = 0
        self.counts: dict[str, int] = {}

    def allow(self, principal: str, monotonic: float) -> bool:
        """Whether one more refusal of `principal` is recorded at that moment, in seconds of a steady clock."""
        minute = int(monotonic // 60)
        if minute != self.minute:
            self.minute, self.counts = minute, {}
        self.counts[principal] = self.counts.get(principal, 0) + 1
        return self.counts[principal] <= self.most
