"""Renders overlays of k8s/ with `kubectl kustomize`, and reads what comes out.

Debian 12's kubectl has kustomize 2.0, which knows the operations that our files use under older names. It is given a copy of the
files in its own words; a kubectl of today gets them as they are. What cannot be said in both is refused here.
"""
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[2]
KUBECTL = os.environ.get("TOKENFORGE_KUBECTL", "kubectl")
OVERLAYS = sorted(path.parent.relative_to(SOURCE) for path in SOURCE.glob("k8s/overlays/*/kustomization.yaml"))


class DoesNotRender(Exception):
    """What kubectl said."""


@functools.cache
def knows_todays_words():
    """Whether this kubectl names its kustomize, which those with version 2.0 do not, and it is 4 or newer."""
    said = subprocess.run([KUBECTL, "version", "--client", "-o", "json"], capture_output=True, text=True, check=True)
    version = json.loads(said.stdout).get("kustomizeVersion", "v2")
    return int(re.match(r"v(\d+)", version).group(1)) >= 4


def in_old_words(folder, file):
    """One kustomization.yaml, translated for kustomize 2.0."""
    old = {}
    for name, value in file.items():
        if name == "resources":
            old["bases"] = [entry for entry in value if (folder / entry).is_dir()]
            old["resources"] = [entry for entry in value if not (folder / entry).is_dir()]
        elif name == "patches":
            old["patchesStrategicMerge"] = [patch["path"] for patch in value if not kind_taken_away(patch)]
        elif name == "configMapGenerator":
            old[name] = [generator_in_old_words(folder, generator) for generator in value]
        elif name in ("apiVersion", "kind", "namespace", "images", "generatorOptions"):
            old[name] = value
        else:
            raise DoesNotRender(f"{folder}: '{name}' is not used in this tree, see tests/k8s/render.py")
    return old


def kind_taken_away(patch):
    """The kind that a patch removes as a whole, which 2.0 cannot; None for a patch that is a file."""
    if set(patch) == {"path"}:
        return None
    if set(patch) == {"target", "patch"} and set(patch["target"]) == {"kind"} and "$patch: delete" in patch["patch"]:
        return patch["target"]["kind"]
    raise DoesNotRender(f"a patch is a file that names what it patches, or removes a kind, not {patch}")


def generator_in_old_words(folder, generator):
    old = dict(generator)
    envs = old.pop("envs", [])
    if len(envs) > 1:
        raise DoesNotRender(f"{folder}: one file of settings for a ConfigMap, not {envs}")
    if envs:
        old["env"] = envs[0]
    return old


def translate(root, overlay):
    """Rewrites every kustomization.yaml below `root`; returns the kinds that `overlay` itself removes."""
    removed = set()
    for path in root.rglob("kustomization.yaml"):
        file = yaml.safe_load(path.read_text())
        if path.parent == root / overlay:
            removed = {kind_taken_away(patch) for patch in file.get("patches", [])} - {None}
        path.write_text(yaml.safe_dump(in_old_words(path.parent, file), sort_keys=False))
    return removed


def render(overlay, source=SOURCE):
    """The documents of one overlay, a path relative to `source`, which holds a k8s/ and what builds on it."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch)
        shutil.copytree(source / "k8s", copy / "k8s")
        if not str(overlay).startswith("k8s/"):
            shutil.copytree(source / overlay, copy / overlay)
        removed = set() if knows_todays_words() else translate(copy, overlay)
        said = subprocess.run([KUBECTL, "kustomize", str(copy / overlay)], capture_output=True, text=True, check=False)
        # A warning is a fault too: what is deprecated today does not render tomorrow.
        if said.returncode != 0 or said.stderr:
            raise DoesNotRender(f"{overlay}: {said.stderr}")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
        documents = [document for document in yaml.load_all(said.stdout, Loader=loader) if document]
        return [document for document in documents if document["kind"] not in removed]


def of_kind(documents, kind):
    return {document["metadata"]["name"]: document for document in documents if document["kind"] == kind}
