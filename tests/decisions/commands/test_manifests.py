"""A manifest in a command says what the command is about. Aliases, depth and rubbish must cost nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.intake.commands import classify
from decisions.intake.commands.manifests import resources_in

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels: {name: no}\n  name: web\n  namespace: shop\nspec: [1]\n"
SERVICE = "kind: Service\nmetadata: {name: web, namespace: shop}\n"


@pytest.mark.parametrize(
    ("text", "resources", "namespace"),
    [
        (DEPLOYMENT, ("deployment/web",), "shop"),
        (f"{DEPLOYMENT}---\n{SERVICE}", ("deployment/web", "service/web"), "shop"),
        (f"{DEPLOYMENT}---\n{SERVICE.replace('shop', 'other')}", ("deployment/web", "service/web"), ""),
        ('{"kind": "ConfigMap", "metadata": {"name": "x"}}', ("configmap/x",), ""),
        ("spec:\n  kind: Inner\n  metadata: {name: inner}\nkind: Outer\n", ("outer",), ""),
        ("items:\n- kind: Pod\n  metadata: {name: x}\nkind: List\n", ("list",), ""),
        ("a: &a [1]\nkind: Pod\nb: *a\nmetadata: {name: *a}\n", ("pod",), ""),
        ("? [kind]\n: Pod\n", (), ""),
        ("just words", (), ""),
        ("- kind: Pod\n", (), ""),
        ("kind: [", (), ""),
        ("\t", (), ""),
        ("", (), ""),
    ],
)
def test_a_manifest_names_what_it_is_about(text: str, resources: tuple[str, ...], namespace: str):
    assert resources_in(text) == (resources, namespace)


def test_a_command_is_about_what_its_manifest_names():
    found = classify(f"kubectl apply -f - <<'EOF'\n{DEPLOYMENT}EOF")
    assert (found.kind, found.resource, found.namespace) == ("apply_manifest", "deployment/web", "shop")
    found = classify(f"kubectl delete -n here -f - <<< '{SERVICE}'")
    assert (found.kind, found.resource, found.namespace) == ("delete", "service/web", "here")
    assert classify("kubectl apply -f - <<EOF\nkind: $KIND\nEOF").resource == ""
    assert classify("kubectl apply -f x.yaml").resource == ""


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"b{n}: &b{n} [{','.join(['*a'] * 9)}]\n" for n in range(500)),
        "[" * 30_000,
        "{a: " * 5_000,
        "- " * 30_000,
        "&a " * 1000,
        "!!python/object/apply:os.system ['x']",
    ],
)
def test_a_hostile_manifest_costs_little(text: str):
    assert resources_in(text)[0] == ()


@given(st.text(st.sampled_from("kind:metadataname[]{}-&*!|>'\"#%@, \n\t") | st.characters(), max_size=60))
def test_no_text_makes_it_stumble(text: str):
    resources_in(text)
