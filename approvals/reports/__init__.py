"""The board report: facts from the ledger become one dataset, and the dataset becomes files. It must not read the clock."""
