"""What is seen in an action before anybody rules on it, and what a proposal may not hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import ledger
from decisions.errors import Problem
from decisions.intake import screening, shape
from decisions.models import Agent
from tests import factories
from tests.factories import event, send

SECRET = "correct horse battery staple"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


def screened(account: dict[str, Any] | None = None, **over: Any) -> screening.Found:
    data = shape.read(factories.data(action=factories.action(**over), **(account or {})))
    return screening.screen(data.action, shape.account(data))


@pytest.mark.parametrize(
    "over",
    [
        {"parameters": {"image": "geo\u200b:2"}},
        {"parameters": {"deep": [{"ke\u202ey": 1}]}},
        {"undo": {"kind": "scale", "parameters": {"to": "\x1b[2K"}}},
        {"account": {"rationale": "all is well\U000e0041"}},
        {"account": {"evidence": [{"name": "p99\ufeff"}]}},
        {"account": {"alternatives": [{"action": "wait", "rejected_because": "\u2066"}]}},
        {"account": {"model": {"name": "m\u00ad1"}}},
        {"account": {"trigger": {"description": "e" + "\u0301" * 5}}},
    ],
)
def test_hidden_characters_are_found_wherever_they_are(over: dict[str, Any]):
    assert screened(**over) == screening.Found(hidden=True)


def test_other_writing_and_line_breaks_hide_nothing():
    account = {"rationale": "Überlast in München – 超时\n\nשלום"}
    assert screened(account, parameters={"note": "दिल्ली\nzwei"}) == screening.Found()
    assert screening.screen(None, {"rationale": "\u202e"}) == screening.Found()


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods | xargs kubectl delete pod",
        "rm -rf / && echo done",
        "echo $(curl http://x)",
        "echo `id`",
        'echo "$HOME"',
        "kubectl apply -f - <<EOF\na: 1\nEOF",
        "cat > /etc/passwd",
        "first\nsecond",
        "bash -c 'rm -rf /'",
        "/usr/bin/env sh x.sh",
        "kubectl exec pod -- sh -c 'x'",
        "eval x",
        "base64 -d x",
        "python3 -c 'import os'",
        "perl -e x",
        'mongo --eval "db.dropDatabase()"',
        "echo 'not closed",
        "echo \\",
        ["/bin/bash", "-lc", "x"],
        ["node", "-e", "x"],
    ],
)
def test_a_command_that_cannot_be_read(command: Any):
    assert screened(parameters={"command": command}).uninspectable
    assert screened(parameters={"steps": [{"Run": command}]}).uninspectable


@pytest.mark.parametrize(
    "command",
    [
        "kubectl rollout restart deployment/geo -n hotel",
        "kubectl logs geo -c main",
        """kubectl patch deployment geo --type=json -p='[{"op": "remove", "path": "/a|b"}]' 2>&1""",
        "kubectl patch deployment geo \\\n  -p '{}'",
        ["kubectl", "patch", "-p", '{"a": "$x; y"}'],
        "python3 manage.py migrate",
        "",
        [],
    ],
)
def test_a_command_that_can_be_read(command: Any):
    assert not screened(parameters={"command": command}).uninspectable


@pytest.mark.parametrize(
    "over", [{"kind": "exec.raw"}, {"parameters": {"uninspectable": True}}, {"parameters": {"uninspectable": "no"}}]
)
def test_what_says_that_it_cannot_be_read(over: dict[str, Any]):
    assert screened(**over).uninspectable is (over.get("parameters") != {"uninspectable": "no"})


@given(st.text(max_size=200) | st.lists(st.text(max_size=30)))
def test_any_command_has_an_answer(command: Any):
    assert screening.uninspectable("scale", {"command": command}) in (True, False)


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"password": SECRET}, "parameters.password"),
        ({"db": [{"dbPasswd": SECRET}]}, "parameters.db[0].dbPasswd"),
        ({"X-Api-Key": SECRET}, "parameters.X-Api-Key"),
        ({"auth_token": SECRET}, "parameters.auth_token"),
        ({"client-secret": [SECRET]}, "parameters.client-secret[0]"),
        ({"private_key": SECRET}, "parameters.private_key"),
        ({"env": [{"name": "MONGO_PASSWORD", "value": SECRET}]}, "parameters.env[0].value"),
        ({"note": "use AKIAIOSFODNN7EXAMPLE"}, "parameters.note"),
        ({"note": "ghp_" + "a1B2" * 9}, "parameters.note"),
        ({"note": "-----BEGIN RSA PRIVATE KEY-----\nMII"}, "parameters.note"),
        ({"note": f"Bearer {JWT}"}, "parameters.note"),
        ({"note": "gk_live_abc123_def"}, "parameters.note"),
    ],
)
def test_a_proposal_holds_no_secret(parameters: dict[str, Any], path: str):
    for action in (
        factories.action(parameters=parameters),
        factories.action(undo={"kind": "scale", "parameters": parameters}),
    ):
        with pytest.raises(Problem) as caught:
            screening.check_proposal(shape.read(factories.data(action=action)))
        document = caught.value.document()
        assert (caught.value.status, caught.value.slug) == (400, "raw-secret")
        assert document["path"].endswith(path)
        assert SECRET not in str(document)
        assert "AKIA" not in str(document)


def test_a_proposal_names_no_field_by_a_secret():
    with pytest.raises(Problem) as caught:
        screening.check_proposal(
            shape.read(factories.data(action=factories.action(parameters={"AKIAIOSFODNN7EXAMPLE": {"password": "x"}})))
        )
    assert caught.value.slug == "raw-secret"
    assert "AKIA" not in str(caught.value.document())


@pytest.mark.parametrize(
    "parameters",
    [
        {"password": {"$secret": "vault:db#v3"}},
        {"password": "vault:db#v3"},
        {"password": "$secret:db"},
        {"password": "${DB_PASSWORD}"},
        {"password": "{{ secrets.db }}"},
        {"password": "<redacted>"},
        {"password": "***"},
        {"password": ""},
        {"token": None},
        {"secretName": "db-credentials"},
        {"token_file": "/run/token"},
        {"max_tokens": "4000"},
        {"monkey": "gk is a prefix", "keyboard": "qwerty"},
        {"env": [{"name": "MONGO_PORT", "value": "27017"}]},
    ],
)
def test_a_reference_to_a_secret_is_none(parameters: dict[str, Any]):
    screening.check_proposal(shape.read(factories.data(action=factories.action(parameters=parameters))))


@pytest.mark.django_db
def test_what_has_happened_is_recorded_whatever_it_holds(agent: Agent):
    action = factories.action(parameters={"password": SECRET, "note": "AKIAIOSFODNN7EXAMPLE"})
    size = ledger.size()
    send(agent, event(action=action))
    assert ledger.size() == size + 1
    with pytest.raises(Problem, match="holds a secret") as caught:
        send(agent, event(), event("proposed", action=action))
    assert (caught.value.slug, caught.value.extra["index"]) == ("raw-secret", 1)
    assert ledger.size() == size + 1


@pytest.mark.parametrize("where", ["parameters", "undo"])
def test_the_name_of_a_parameter_has_one_form(where: str):
    given_ = {"a": [{"Mu\u0308nchen": 1}]}
    over: dict[str, Any] = {where: given_ if where == "parameters" else {"kind": "scale", "parameters": given_}}
    with pytest.raises(Problem) as caught:
        shape.read(factories.data(action=factories.action(**over)))
    assert caught.value.slug == "not-normal"
    shape.read(factories.data(action=factories.action(parameters={"München": 1})))


@pytest.mark.parametrize(
    "mark", ["\ufe0f", "\U000e0100", "\ue000", "\u3164", "\U0003fffe", "e\u0323\u0301" + "\u0302" * 4]
)
def test_a_name_holds_nothing_that_cannot_be_seen(mark: str):
    with pytest.raises(Problem):
        shape.read(factories.data(action=factories.action(resource=f"geo{mark}")))
