"""Prints the variables of one service as its pod gets them, for `podman run --env-file`: print_settings.py OVERLAY SERVICE."""
import sys

import manifests_test
import render

documents = render.render(f"k8s/overlays/{sys.argv[1]}")
pod = render.of_kind(documents, "Deployment")[sys.argv[2]]["spec"]["template"]["spec"]
for name, value in sorted(manifests_test.settings_of(pod, documents).items()):
    print(f"{name}={value}")
