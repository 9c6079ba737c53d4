"""Which kind of action a command line is, by what its programs do. Pure; it must not run, expand or believe anything.

A line is as strict as its strictest command, and what cannot be known without running it is `unclassified`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from decisions.intake.commands.classified import READS, Classified, strictest, unclassified
from decisions.intake.commands.kubectl import Inner, kubectl
from decisions.intake.commands.manifests import resources_in
from decisions.intake.commands.options import Split, Strange, split, table
from decisions.intake.commands.programs import PROGRAMS
from decisions.intake.commands.readers import reader
from decisions.intake.commands.simple import Simple, simple_commands
from decisions.intake.commands.words import MAX_DEPTH, Redirection, Unreadable, Word

_FOLDERS = frozenset({"/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/usr/local/sbin", "/snap/bin"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
_NOWHERE = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/1", "/dev/fd/2"})
_READING = frozenset({"<", "<<", "<<-", "<<<"})
_DESCRIPTOR = re.compile(r"[0-9]+-?|-")
_STEERS = re.compile(
    r"PATH|IFS|ENV|SHELLOPTS|PROMPT_COMMAND|PS[0-9]|CDPATH|GLOBIGNORE|HOME|SHELL|EDITOR|VISUAL|.*PAGER|.*EDITOR|LESS\w*"
    r"|(?:BASH|LD|DYLD|PYTHON|PERL|RUBY|NODE|JAVA|GIT|KUBECTL|HELM_PLUGIN|TERRAFORM|TF|AWK|GREP|CURL|WGET|DOCKER)_?\w*"
)
"""Variables that change which program runs, or what it runs beside."""
_HARMLESS = re.compile(r"HELM_NAMESPACE|DOCKER_HOST|KUBECONFIG|AWS_PAGER")

_SETS = frozenset({"export", "declare", "typeset", "local", "readonly", "unset", "read", "getopts"})
SHORT = 1000
_NOTHING = frozenset({"set", "umask", "ulimit", "times", "jobs"})


def classify(line: str) -> Classified:
    """What a shell line does."""
    return _known(line) if len(line) <= SHORT else _line(line, 0)


@lru_cache(maxsize=4096)
def _known(line: str) -> Classified:
    # Agents run the same few commands again and again.
    return _line(line, 0)


def classify_argv(argv: Sequence[str]) -> Classified:
    """What a program does with its arguments, where no shell stands between."""
    return _command([Word(text, quoted=True) for text in argv], 0)


def _line(line: str, depth: int) -> Classified:
    if depth > MAX_DEPTH:
        return unclassified("commands are nested too deep")
    try:
        commands = simple_commands(line)
    except Unreadable as unreadable:
        return unclassified(str(unreadable))
    return strictest(_simple(command, depth) for command in commands)


def _simple(command: Simple, depth: int) -> Classified:
    if not all(map(_is_harmless, command.redirections)):
        return unclassified("it writes a file, or talks to whatever listens")
    if any(map(_steers, command.assigned)):
        return unclassified("it sets what decides which program runs")
    found = _command(command.words, depth) if command.words else READS
    return found if found.reads or found.resources else _by_manifest(found, command.redirections)


def _by_manifest(found: Classified, redirections: Sequence[Redirection]) -> Classified:
    """`found` with the target that the manifest names which is given to the command itself."""
    for redirection in redirections:
        given = redirection.target if redirection.operator == "<<<" else redirection.body
        if found.kind in {"apply_manifest", "delete"} and given is not None and given.known:
            resources, namespace = resources_in(given.text)
            resource = resources[0] if resources else ""
            return replace(found, resource=resource, resources=resources, namespace=found.namespace or namespace)
    return found


def _is_harmless(redirection: Redirection) -> bool:
    target = redirection.target
    if redirection.operator in {">&", "<&"} and target.known and _DESCRIPTOR.fullmatch(target.text):
        return True
    if redirection.operator in _READING:
        certain = target.text if target.known else target.prefix
        opens = redirection.operator == "<" and (certain.startswith(("/dev/tcp", "/dev/udp")) or not certain)
        return not opens
    return redirection.operator != "<>" and target.known and target.text in _NOWHERE


def _steers(name: str) -> bool:
    return bool(_STEERS.fullmatch(name)) and not _HARMLESS.fullmatch(name)


def _command(words: Sequence[Word], depth: int) -> Classified:
    """What one program does with its words."""
    if depth > MAX_DEPTH:
        return unclassified("commands are nested too deep")
    if not words:
        return READS
    program = words[0]
    if not program.known:
        return unclassified("which program it runs is known only to who runs it")
    folder, slash, name = program.text.rpartition("/")
    if slash and folder not in _FOLDERS:
        return unclassified("it runs a program of a folder that we do not know")

    def inner(more: Sequence[Word]) -> Classified:
        return _command(more, depth + 1)

    try:
        return _program(name, words[1:], inner, depth)
    except Strange as strange:
        return unclassified(str(strange))


def _program(name: str, words: Sequence[Word], inner: Inner, depth: int) -> Classified:
    if name in {"kubectl", "oc"}:
        return kubectl(words, inner)
    if name in PROGRAMS:
        return PROGRAMS[name](words, inner)
    if judge := reader(name):
        return judge(words)
    if name in _SHELLS:
        return _shell(words, depth)
    if name in _WRAPPERS:
        return _wrapped(name, words, inner)
    if name in _SETS:
        names = [re.split(r"[+=]", word.text, maxsplit=1)[0] for word in words if not word.text.startswith("-")]
        evaluates = any("$(" in word.text or "`" in word.text for word in words if word.known)
        if evaluates or any(map(_steers, names)) or not all(word.known or "=" in word.prefix for word in words):
            return unclassified("it sets what decides which program runs")
        return READS
    return READS if name in _NOTHING else unclassified("we do not know the program")


_SHELL = table("-c -l,--login -e -u -x -i --norc --noprofile --posix -o= -v -f", stops=True)


def _shell(words: Sequence[Word], depth: int) -> Classified:
    given = split(words, _SHELL)
    if not given.has("c") or not given.operands:
        return unclassified("it runs commands that stand elsewhere")
    line = given.operands[0]
    return _line(line.text, depth + 1) if line.known else unclassified("what it runs is known only to who runs it")


_WRAPPERS = {
    "sudo": table(
        "-n,--non-interactive -E,--preserve-env -H,--set-home -S,--stdin -k -u,--user= -g,--group=", stops=True
    ),
    "doas": table("-n -u=", stops=True),
    "env": table("-i,--ignore-environment -u,--unset=", stops=True),
    "timeout": table("-k,--kill-after= -s,--signal= --preserve-status --foreground -v,--verbose", stops=True),
    "nohup": table("", stops=True),
    "nice": table("-n,--adjustment=", stops=True),
    "ionice": table("-c,--class= -n,--classdata= -t,--ignore", stops=True),
    "setsid": table("-f,--fork -w,--wait -c,--ctty", stops=True),
    "stdbuf": table("-i,--input= -o,--output= -e,--error=", stops=True),
    "time": table("-p,--portability", stops=True),
    "command": table("-v -V -p", stops=True),
    "builtin": table("", stops=True),
    "exec": table("", stops=True),
    "busybox": table("", stops=True),
    "xargs": table(
        "-0,--null -r,--no-run-if-empty -t,--verbose -n,--max-args= -L,--max-lines= -P,--max-procs= -I= -d,--delimiter= "
        "-a,--arg-file= -s,--max-chars= -x,--exit",
        stops=True,
    ),
    "watch": table("-n,--interval= -d,--differences -t,--no-title -x,--exec -e,--errexit -g,--chgexit", stops=True),
}
_ASSIGNS = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")


def _wrapped(name: str, words: Sequence[Word], inner: Inner) -> Classified:
    """What a program does that another one runs."""
    given = split(words, _WRAPPERS[name])
    rest = [*given.operands, *(given.after or ())]
    if name == "command" and (given.has("v") or given.has("V")):
        return READS
    if name in {"env", "sudo"}:
        while rest and (match := _ASSIGNS.match(rest[0].text if rest[0].known else rest[0].prefix)):
            if _steers(match[1]):
                return unclassified("it sets what decides which program runs")
            rest = rest[1:]
    if name == "timeout":
        rest = rest[1:]
    if name == "watch":
        # It joins its words and gives them to a shell.
        return unclassified("it runs a line again and again") if len(rest) != 1 else unclassified("it runs on and on")
    if name == "xargs":
        return _each(given, rest, inner)
    if not rest and name not in {"env", "exec"}:
        return unclassified("it runs commands that stand elsewhere")
    return inner(rest)


def _each(given: Split, rest: Sequence[Word], inner: Inner) -> Classified:
    """A command with words added that are known only when it runs: they may be anything, options too."""
    more = Word("…", known=False)
    if given.has("I"):
        token = given.last("I")
        filled = [
            Word(word.text, known=False, prefix=word.text.partition(token)[0]) if token and token in word.text else word
            for word in rest
        ]
    else:
        filled = [*rest, more]
    return inner(filled or [Word("echo"), more])
