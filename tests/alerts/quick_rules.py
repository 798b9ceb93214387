"""Writes the rules of k8s/base/alerts.yaml with every span a twentieth as long: quick_rules.py OUTPUT.

What an alert waits for, and the windows of its rates; not what it measures, which stays what it is: a minute without revocations
is one here too. A test that makes a fault then sees its alert in seconds.
"""
import pathlib
import re
import sys

import yaml

PACE = 20
LEAST = 8  # seconds of a window: enough for a few scrapes
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
ALERTS = pathlib.Path(__file__).resolve().parents[2] / "k8s" / "base" / "alerts.yaml"


def quick(span, least):
    number, unit = re.fullmatch(r"(\d+)([smhd])", span).groups()
    return f"{max(int(number) * SECONDS[unit] // PACE, least)}s"


def main():
    spec = yaml.safe_load(ALERTS.read_text())["spec"]
    for group in spec["groups"]:
        for rule in group["rules"]:
            rule["expr"] = re.sub(r"\[(\d+[smhd])\]", lambda match: f"[{quick(match.group(1), LEAST)}]", rule["expr"])
            if "for" in rule:
                rule["for"] = quick(rule["for"], 1)
    pathlib.Path(sys.argv[1]).write_text(yaml.safe_dump(spec, width=1000))


main()
