"""A line is split into the words that a shell would make of it. Python's splitter and a real bash are the judges."""

import contextlib
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decisions.intake.commands.simple import Simple, simple_commands
from decisions.intake.commands.words import MAX_CHARACTERS, Unreadable

BASH, DASH = shutil.which("bash"), shutil.which("dash")
needs_bash = pytest.mark.skipif(BASH is None, reason="there is no bash here")
needs_dash = pytest.mark.skipif(DASH is None, reason="there is no dash here")

LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="")
PLAIN = st.text("abcxyz0189-_=/.,:@%+^é", min_size=1, max_size=6)
SINGLE = st.text(LETTERS | st.sampled_from('\n\t "$`\\!'), max_size=8).map(
    lambda text: "'" + text.replace("'", "") + "'"
)
IN_DOUBLE = st.text("ab '#;|&<>(){}*?~!\n\té", min_size=1, max_size=5) | st.sampled_from(
    ['\\"', "\\$", "\\`", "\\\\", "\\n", "\\\n", "\\'"]
)
DOUBLE = st.lists(IN_DOUBLE, max_size=4).map(lambda parts: '"' + "".join(parts) + '"')
ESCAPED = st.sampled_from("ab \"'\\$`|&;<>()*?[]{}~#!\n").map(lambda char: "\\" + char)
ANSI = st.lists(
    st.text('ab "$;|', min_size=1, max_size=3)
    | st.sampled_from(["\\n", "\\t", "\\\\", "\\x41", "\\101", "\\u00e9", "\\e"]),
    max_size=4,
).map(lambda parts: "$'" + "".join(parts) + "'")
WORD = st.lists(PLAIN | SINGLE | DOUBLE | ESCAPED | ANSI, min_size=1, max_size=4).map("".join)
BLANKS = st.sampled_from([" ", "  ", "\t", " \\\n "])
LINE = st.lists(st.tuples(BLANKS, WORD), min_size=1, max_size=6).map(lambda parts: "".join(a + b for a, b in parts))


def argv(line: str) -> list[list[str]]:
    return [[word.text for word in command.words] for command in simple_commands(line)]


def only(line: str) -> Simple:
    (command,) = simple_commands(line)
    return command


def bash(script: str) -> bytes:
    assert BASH
    done = subprocess.run(
        [BASH, "--norc", "-c", script],
        capture_output=True,
        check=False,
        env={"LC_ALL": "C.UTF-8", "PATH": "/nowhere"},
        timeout=20,
    )
    assert done.returncode == 0, (script, done.stderr)
    return done.stdout


def agrees_with_bash(line: str) -> None:
    line = f"{line} end"
    found = bash(f"printf '%s\\0'{line}")
    (command,) = simple_commands(f"printf '%s\\0'{line}")
    assert all(word.known for word in command.words), line
    assert [word.text for word in command.words[2:]] == found.decode().split("\0")[:-1]


@needs_bash
@given(LINE)
@settings(max_examples=60, deadline=None)
def test_quoted_words_are_those_of_bash(line: str) -> None:
    agrees_with_bash(line)


@needs_bash
@pytest.mark.deep
@given(LINE)
@settings(max_examples=5000, deadline=None)
def test_quoted_words_are_those_of_bash_many_times(line: str) -> None:
    agrees_with_bash(line)


@given(st.lists(st.text(LETTERS, max_size=12), min_size=1, max_size=6))
def test_what_python_quotes_is_read_back(words: list[str]) -> None:
    assert argv(shlex.join(["p", *words])) == [["p", *words]]


@given(st.lists(PLAIN | SINGLE, min_size=1, max_size=6).map(" ".join))
def test_it_splits_as_python_does_what_both_understand(line: str) -> None:
    assert argv(f"p {line}") == [shlex.split(f"p {line}")]


# Lines of several commands: everything that bash runs is found. `p…` succeeds, `f…` fails, both say what they were given.

HANDLER = """
# One write each, which a newline would cut in two: commands of a pipe speak at the same time.
command_not_found_handle() { local said; printf -v said '%s\\037' "$@"; printf '%s\\036' "${said//$'\\n'/$'\\035'}" >&9; case $1 in f*) return 1;; esac; }
"""
COMMAND = st.tuples(st.sampled_from(["p0", "p1", "f0", "f1"]), st.lists(WORD, max_size=2)).map(
    lambda made: " ".join([made[0], *made[1]])
)
SET = st.sampled_from(["", "V=1 ", "V='a b' W= "])
REDIRECTED = st.sampled_from(["", " >/dev/null", " 2>&1", " </dev/null", " <<<word", " 2>/dev/null >&2"])
SIMPLE = st.tuples(SET, COMMAND, REDIRECTED).map("".join)
DOCUMENT = st.tuples(COMMAND, st.sampled_from(["E", "'E'", '"E"']), st.text("ab ;'\"|\n", max_size=8)).map(
    lambda made: f"{made[0]} <<{made[1]}\n{made[2]}\nE\n"
)


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(
        inner, st.sampled_from([" && ", " || ", "; ", " | ", "\n", "&&", "|", " & ", " |& ", "\n# a 'note\n"]), inner
    )
    return (
        pair.map("".join)
        | inner.map(lambda line: f"( {line} )")
        | inner.map(lambda line: f"{{ {line}; }}")
        | inner.map(lambda line: f"! {line}")
        | inner.map(lambda line: f'p2 "$({line})" tail')
        | inner.map(lambda line: f"p2 $({line})x <({line})")
        | st.tuples(inner, inner).map(lambda made: f"if {made[0]}; then {made[1]}; else p3 e; fi")
        | st.tuples(inner, inner).map(lambda made: f"for x in a b; do {made[0]}; done && {made[1]}")
        | inner.map(lambda line: f"while f2; do p3; done; {line}")
    )


LINES = st.recursive(SIMPLE, _joined, max_leaves=5) | DOCUMENT


def ran(words: list[str], folder: Path, path: str) -> list[list[str]]:
    """What the programs say that they were given, when a shell runs with these words; it finds no others."""
    said = folder / "said"
    said.write_bytes(b"")
    subprocess.run(
        words,
        capture_output=True,
        check=False,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8", "PATH": path, "SAID": str(said)},
        timeout=20,
    )
    return [one.replace("\x1d", "\n").split("\x1f")[:-1] for one in said.read_text().split("\x1e")[:-1]]


def finds_what_bash_runs(line: str, folder: Path) -> None:
    assert BASH
    try:
        found = simple_commands(line)
    except Unreadable:
        return
    script = f"{HANDLER}{line}\nwait"
    if subprocess.run([BASH, "--norc", "-n", "-c", script], capture_output=True, check=False).returncode:
        return
    for words in ran([BASH, "--norc", "-c", f'exec 9>>"$SAID"; {script}'], folder, "/nowhere"):
        assert any(_may_be(command, words) for command in found), (line, words, found)


PROGRAM = """#!/bin/sh
text=$(printf '%s\\037' "${0##*/}" "$@" | /usr/bin/tr '\\n' '\\035'; printf '\\036')
printf %s "$text" >> "$SAID"
case $0 in */f*) exit 1;; esac
"""


def finds_what_a_plain_shell_runs(line: str, folder: Path) -> None:
    """A tool may give its line to a shell that knows less: what that one runs must be found as well."""
    assert DASH
    # Such a word is another text there, which ends in the same place and still is no option.
    if "$'" in line:
        return
    try:
        found = simple_commands(line)
    except Unreadable:
        return
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("p0", "p1", "p2", "p3", "f0", "f1", "f2"):
        (programs / name).write_text(PROGRAM)
        (programs / name).chmod(0o755)
    for words in ran([DASH, "-c", f"{line}\nwait"], folder, str(programs)):
        assert any(_may_be(command, words) for command in found), (line, words, found)


def _may_be(command: Simple, words: list[str]) -> bool:
    """Whether `command` can become `words`: equal where all is known, else equal up to the first word that is not."""
    texts = [word.text for word in command.words]
    unknown = next((at for at, word in enumerate(command.words) if not word.known), None)
    return texts == words if unknown is None else texts[:unknown] == words[:unknown]


@needs_bash
@given(line=LINES)
@settings(max_examples=60, deadline=None)
def test_every_command_that_bash_runs_is_found(line: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    finds_what_bash_runs(line, tmp_path_factory.mktemp("said"))


@needs_bash
@pytest.mark.deep
@given(line=LINES)
@settings(max_examples=5000, deadline=None)
def test_every_command_that_bash_runs_is_found_many_times(line: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    finds_what_bash_runs(line, tmp_path_factory.mktemp("said"))


@needs_dash
@given(line=LINES)
@settings(max_examples=40, deadline=None)
def test_every_command_that_a_plain_shell_runs_is_found(line: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    finds_what_a_plain_shell_runs(line, tmp_path_factory.mktemp("said"))


@needs_dash
@pytest.mark.deep
@given(line=LINES)
@settings(max_examples=3000, deadline=None)
def test_every_command_that_a_plain_shell_runs_is_found_many_times(
    line: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    finds_what_a_plain_shell_runs(line, tmp_path_factory.mktemp("said"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a && b || c; d | e\nf & g |& h", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"], ["h"]]),
        ("a 'b c'\"d\"\\ e", [["a", "b cd e"]]),
        ("a # b; c\nd", [["a"], ["d"]]),
        ("a b#c", [["a", "b#c"]]),
        ("a >/dev/null 2>&1 b 2>x", [["a", "b"]]),
        ("a 2 >x", [["a", "2"]]),
        ("X=1 Y=2 a X=3", [["a", "X=3"]]),
        ("if a; then b; else c; fi", [["a"], ["b"], ["c"]]),
        ("for x in 1 2; do a; done < in", [[], ["a"], []]),
        ("( a; b ) | { c; }", [["a"], ["b"], ["c"]]),
        ("a <<E\nb\nE\nc", [["a"], ["c"]]),
        ("a <<-E b\n\tc\n\tE\nd", [["a", "b"], ["d"]]),
        ("a <<E; b <<F\n1\nE\n2\nF\nc", [["a"], ["b"], ["c"]]),
        ("a \\\n b", [["a", "b"]]),
        ("a $'b\\nc\\x41'", [["a", "b\ncA"]]),
        ("a '' \"\"", [["a", "", ""]]),
        ('a "b \'c\' \\"d\\""', [["a", "b 'c' \"d\""]]),
    ],
)
def test_a_line_is_split(line: str, expected: list[list[str]]) -> None:
    assert argv(line) == expected


@pytest.mark.parametrize(
    ("line", "inner"),
    [
        ("a $(b c)", ["b", "c"]),
        ('a "$(b c)"', ["b", "c"]),
        ("a `b c`", ["b", "c"]),
        ('a "`b c`"', ["b", "c"]),
        ("a <(b c)", ["b", "c"]),
        ("a >(b c)", ["b", "c"]),
        ("X=$(b c)", ["b", "c"]),
        ("a > $(b c)", ["b", "c"]),
        ("for x in $(b c); do d; done", ["b", "c"]),
        ("a <<E\n$(b c)\nE\n", ["b", "c"]),
        ('a <<< "$(b c)"', ["b", "c"]),
        ("a $(d $(e `b c`))", ["b", "c"]),
        ("a `d \\`b c\\``", ["b", "c"]),
    ],
)
def test_what_a_substitution_runs_is_found(line: str, inner: list[str]) -> None:
    assert inner in argv(line)


def test_a_quoted_delimiter_keeps_a_document_from_being_expanded() -> None:
    assert argv("a <<'E'\n$(b c)\nE\n") == [["a"]]


@pytest.mark.parametrize(
    ("word", "prefix"),
    [
        ("$X", ""),
        ('"$X"', ""),
        ('"a$X"', "a"),
        ("a$X", ""),
        ("a*", "a"),
        ("--x=[ab]", "--x="),
        ("{a,-b}", ""),
        ("~/x", "/"),
        ("a`b`", ""),
        ('"a$@"', ""),
        ("a$((1+2))", ""),
        ("${X}", ""),
    ],
)
def test_a_word_that_only_running_would_tell_is_not_known(word: str, prefix: str) -> None:
    found = simple_commands(f"p {word}")[0].words[1]
    assert not found.known
    assert found.prefix == prefix


@pytest.mark.parametrize("word", ["'$X'", "\\$X", "$", "a$", "'*'", "\\*", "{x}", "[x", "a{b", "'~'", "a~", "=", "a=b"])
def test_a_word_that_is_protected_or_plain_is_known(word: str) -> None:
    assert only(f"p {word}").words[1].known


@pytest.mark.parametrize(
    "line",
    [
        "a 'b",
        'a "b',
        "a `b",
        "a $(b",
        "a <(b",
        "( a",
        "a )",
        "a >",
        "a > ; b",
        "case x in x) b;; esac",
        "f() { b; }",
        "function f { b; }",
        "[[ a ]]",
        "x=(a b)",
        "for ((;;)); do b; done",
        "a ${X:-$(b)}",
        "a ${X@P}",
        "a $((x[$(b)]))",
        "a $'\\cx'",
        "a $'\\'; b '",
        "a $'\\x80'",
        "a <<$X\nb\n",
        "coproc a",
        "a\0b",
        "p " + "$(" * 9 + "a" + ")" * 9,
        "p " + "x" * MAX_CHARACTERS,
        "a;" * 201,
    ],
)
def test_what_is_not_certain_is_not_read(line: str) -> None:
    with pytest.raises(Unreadable):
        simple_commands(line)


ROUGH = st.text(st.sampled_from("ab01 \t\n'\"\\$`(){}[]<>|&;!#*?~=-xEPF@") | LETTERS, max_size=60)


def reads_or_says_why(line: str) -> None:
    with contextlib.suppress(Unreadable):
        for command in simple_commands(line):
            assert all(isinstance(word.text, str) for word in command.words)


@given(ROUGH)
def test_no_text_makes_it_stumble(line: str) -> None:
    reads_or_says_why(line)


@pytest.mark.deep
@given(ROUGH)
@settings(max_examples=50_000, deadline=None)
def test_no_text_makes_it_stumble_many_times(line: str) -> None:
    reads_or_says_why(line)


@pytest.mark.parametrize(
    "piece", ["(", "$(", "`", "'", '"', "<(", "<<E\n", "{", "\\", "$'", "a ", "$((", "${", "<<<'a'"]
)
def test_a_long_line_is_read_in_reasonable_time(piece: str) -> None:
    reads_or_says_why((piece * MAX_CHARACTERS)[:MAX_CHARACTERS])
