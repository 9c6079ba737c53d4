"""Programs that only read, and the options with which they do not. Pure; what is not in these tables is no reader."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from decisions.intake.commands.classified import READS, Classified, unclassified
from decisions.intake.commands.options import Strange, split, table
from decisions.intake.commands.words import Word


@dataclass(frozen=True, slots=True)
class Reader:
    """A program that reads unless one of these options is given."""

    not_letters: str = ""
    not_names: tuple[str, ...] = ()
    most_operands: int | None = None
    """How many files it reads; one more, and it writes that."""
    guesses: bool = True
    """Whether words that only running it would tell are harmless: no option of it can write."""


_ANY = Reader()
_HARMLESS = (
    "cat tac nl head tail grep egrep fgrep zgrep zcat wc cut tr rev column paste join comm cmp fold fmt expand "
    "md5sum sha1sum sha256sum sha512sum cksum base64 od hexdump strings ls dir realpath readlink basename dirname pwd "
    "echo true false : sleep seq cal uptime whoami id groups who w uname arch nproc free vmstat iostat "
    "mpstat ps pgrep pstree df du lsblk lscpu ping ping6 dig nslookup host getent which type printenv stat locale jq "
    "cd wait exit return break continue shift netstat traceroute tracepath"
)
_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(_HARMLESS.split(), _ANY),
    "rg": Reader(not_names=("pre", "hostname-bin"), guesses=False),
    "diff": Reader(not_names=("output",), guesses=False),
    "tree": Reader("o", ("output",), guesses=False),
    "sort": Reader("oST", ("output", "compress-program", "files0-from"), guesses=False),
    "uniq": Reader(most_operands=1, guesses=False),
    "hostname": Reader("Fb", ("file", "boot"), most_operands=0, guesses=False),
    "yq": Reader("is", ("inplace", "in-place", "split-exp", "split-exp-file"), guesses=False),
    "ss": Reader("KD", ("kill", "diag"), guesses=False),
    "lsof": Reader("D", guesses=False),
    "file": Reader("C", ("compile",), guesses=False),
    "journalctl": Reader(
        not_names=(
            *("vacuum-size", "vacuum-time", "vacuum-files", "rotate", "flush", "sync", "relinquish-var"),
            *("smart-relinquish-var", "setup-keys", "update-catalog", "cursor-file"),
        ),
        guesses=False,
    ),
    "dmesg": Reader("cCDEn", ("clear", "read-clear", "console-off", "console-on", "console-level"), guesses=False),
    "find": Reader(
        not_names=("exec", "execdir", "ok", "okdir", "delete", "fprint", "fprint0", "fprintf", "fls"), guesses=False
    ),
}


def reader(name: str) -> Callable[[Sequence[Word]], Classified] | None:
    """How the words after the program `name` are judged; None where it is no program that reads."""
    if name in _OWN:
        return _OWN[name]
    known = _READERS.get(name)
    return (lambda words: _judge(words, known)) if known else None


def _judge(words: Sequence[Word], known: Reader) -> Classified:
    operands = 0
    for word in words:
        if not word.known and not known.guesses and word.may_be_option:
            return unclassified("a word that only running it would tell may be an option")
        text = word.text if word.known else word.prefix
        if not text.startswith("-") or text == "-":
            operands += 1
        elif _is_one_of(text, known):
            return unclassified("it writes what it reads, or runs something")
    if known.most_operands is not None and operands > known.most_operands:
        return unclassified("it writes its last file")
    return READS


def _is_one_of(option: str, known: Reader) -> bool:
    name = option.lstrip("-").partition("=")[0]
    # A long option may be cut short wherever that leaves no doubt; find's have one dash.
    if any(one == name or (option.startswith("--") and name and one.startswith(name)) for one in known.not_names):
        return True
    return not option.startswith("--") and any(letter in known.not_letters for letter in option)


def _date(words: Sequence[Word]) -> Classified:
    found = _judge(words, Reader("s", ("set",), guesses=False))
    given = split(words, _DATE)
    if any(not word.text.startswith("+") or not word.known for word in given.operands):
        return unclassified("it may set the clock")
    return found


_DATE = table(
    "-u,--utc,--universal -R,--rfc-email -I --iso-8601 --rfc-3339= -d,--date= -r,--reference= -f,--file= --debug"
)


def _evaluates(words: Sequence[Word]) -> Classified:
    """Builtins that may evaluate a name within a word, and what stands in its brackets."""
    if any("$(" in word.text or "`" in word.text for word in words if word.known):
        return unclassified("it may run what stands in a text")
    return READS


def _printf(words: Sequence[Word]) -> Classified:
    if words and words[0].may_be_option and words[0].text != "--":
        return unclassified("it sets a variable")
    return _evaluates(words)


_CURL = table(
    "-s,--silent -S,--show-error -L,--location -k,--insecure -v,--verbose -i,--include --show-headers -I,--head -f,--fail "
    "--fail-with-body -g,--globoff --compressed -0,--http1.0 --http1.1 --http2 -4,--ipv4 -6,--ipv6 -N,--no-buffer "
    "-G,--get -H,--header= -A,--user-agent= -u,--user= -e,--referer= -m,--max-time= --connect-timeout= --retry= "
    "--retry-delay= --retry-max-time= --retry-connrefused -x,--proxy= --noproxy= -X,--request= -w,--write-out= "
    "-o,--output= --cacert= --cert= -E= --key= --resolve= --connect-to= --url= -b,--cookie= --oauth2-bearer= "
    "--unix-socket= -d,--data= --data-urlencode= --data-raw= --progress-bar -#"
)
_SCHEME = re.compile(r"(?:https?://)?[^:/]*(?::[0-9]+)?(?:[/?#]|\Z)|https?://|telnet://", re.IGNORECASE)


def _curl(words: Sequence[Word]) -> Classified:
    given = split(words, _CURL)
    methods = {word.text.upper() for word in given.values.get("request", ()) if word}
    data = any(given.has(name) for name in ("data", "data-urlencode", "data-raw"))
    outputs = {word.text for word in given.values.get("output", ()) if word}
    urls = [*given.operands, *(given.after or ()), *(word for word in given.values.get("url", ()) if word)]
    if methods - {"GET", "HEAD"} or (data and not given.has("get")):
        return unclassified("it sends more than a question")
    if outputs - {"/dev/null", "-"} or "%output" in given.last("write-out"):
        return unclassified("it writes a file")
    # Other schemes can carry commands to whatever listens.
    if not all(_SCHEME.match(word.text if word.known else word.prefix) for word in urls):
        return unclassified("it speaks a protocol that we do not know")
    return READS


_WGET = table(
    "-q,--quiet -S,--server-response -nv --no-verbose --no-check-certificate -T,--timeout= -t,--tries= --header= "
    "--user-agent= -O,--output-document= --spider --content-on-error -4 -6 --no-proxy"
)


def _wget(words: Sequence[Word]) -> Classified:
    given = split(words, _WGET)
    if not given.has("spider") and given.last("output-document") not in {"-", "/dev/null"}:
        return unclassified("it writes a file")
    return READS


_NC = table("-z -v -n -4 -6 -u -w=")


def _nc(words: Sequence[Word]) -> Classified:
    return READS if split(words, _NC).has("z") else unclassified("it talks to whatever listens")


_SED = table("-n,--quiet,--silent -E,--regexp-extended -r -u,--unbuffered -z,--null-data -e,--expression=")
_ADDRESS = r"(?:[0-9]+|\$|/(?:[^/\\\n]|\\[^\n])*/I?)"
_SED_COMMAND = rf"(?:{_ADDRESS}(?:,\+?{_ADDRESS})? ?!? ?)?(?:[pdqQ=]|s([/|#,])(?:(?!\1)[^\\\n]|\\[^\n])*\1(?:(?!\1)[^\\\n]|\\[^\n])*\1[gpiI0-9]*)?"
_SED_SCRIPT = re.compile(_SED_COMMAND)


def _sed(words: Sequence[Word]) -> Classified:
    given = split(words, _SED)
    scripts = [word for word in given.values.get("expression", ()) if word] or given.operands[:1]
    if not scripts or not all(word.known for word in scripts):
        raise Strange("its script is known only to who runs it")
    for part in (part for word in scripts for part in _parts(word.text)):
        if not _SED_SCRIPT.fullmatch(part.strip()):
            return unclassified("its script may write or run something")
    return READS


def _parts(script: str) -> list[str]:
    """Commands of a script that are set apart by semicolons; one that holds a semicolon itself stays whole."""
    return [script] if _SED_SCRIPT.fullmatch(script.strip()) else re.split(r"[;\n]", script)


_AWK = table("-F= -v= --field-separator= --assign=")
_AWK_ACTS = ("system", "getline", ">", "|", "@", "close", "fflush")


def _awk(words: Sequence[Word]) -> Classified:
    given = split(words, _AWK)
    if not given.operands or not given.operands[0].known:
        raise Strange("its program is known only to who runs it")
    # A comparison reads like a redirection; only one that stands between brackets and braces could be told apart.
    if any(sign in given.operands[0].text for sign in _AWK_ACTS):
        return unclassified("its program may write or run something")
    return READS


_GIT = frozenset({"status", "log", "show", "diff", "blame", "rev-parse", "ls-files", "shortlog", "describe"})


def _git(words: Sequence[Word]) -> Classified:
    rest = list(words)
    while len(rest) > 1 and rest[0].text == "-C":
        rest = rest[2:]
    if not rest or not rest[0].known or rest[0].text not in _GIT:
        return unclassified("its verb is not one that we know")
    return _judge(rest[1:], Reader("O", ("output", "ext-diff"), guesses=False))


_OWN: Mapping[str, Callable[[Sequence[Word]], Classified]] = {
    "curl": _curl,
    "wget": _wget,
    "nc": _nc,
    "ncat": _nc,
    "netcat": _nc,
    "sed": _sed,
    **dict.fromkeys(("awk", "gawk", "mawk"), _awk),
    "git": _git,
    "date": _date,
    "printf": _printf,
    "test": _evaluates,
    "[": _evaluates,
}
