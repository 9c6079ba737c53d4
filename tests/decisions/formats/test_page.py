"""The page of the language names all of it: what people write by it works. It must not repeat how things work."""

import re

from decisions.intake.mapping import load, read
from decisions.intake.mapping.conditions import TESTS
from decisions.intake.mapping.expressions import OPERATORS
from decisions.intake.mapping.fields import EVIDENCE, FIELDS, PREFIXES
from decisions.intake.mapping.functions import FUNCTIONS
from decisions.intake.signatures import Scheme
from tests.contracts.tree import text

PAGE = text("docs/intake/mappings.md")
WORDS = frozenset(re.findall(r"[a-z_-]+", PAGE))


def test_everything_that_can_be_written_is_on_the_page():
    wanted = {*TESTS, *OPERATORS, *FUNCTIONS, *FIELDS, *EVIDENCE, *PREFIXES, *map(str, Scheme)}
    assert wanted - WORDS == set()


def test_the_meaning_of_each_key_is_on_the_page_as_in_the_code():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert {prefix: rows[prefix].replace(";", ",") for prefix in PREFIXES} == {
        prefix: meaning.replace(";", ",") for prefix, meaning in PREFIXES.items()
    }


def test_the_example_works():
    mapping = load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    body = (
        b'{"format": "acme-2", "events": [{"type": "heartbeat"}, {"type": "deployed", "uuid": "u-1", "result": "ok",'
        b' "created_ms": 1795383642000, "by": "deployer", "app": {"name": "checkout"}, "run": 7, "revision": "421"}]}'
    )
    (reading,) = read(mapping, {}, body)
    assert (reading.kind, reading.targets, reading.outcome) == ("rollout", ("checkout",), "succeeded")
    assert reading.keys == {"run:acme/7"}
    assert reading.parameters == {"to_revision": "421"}
