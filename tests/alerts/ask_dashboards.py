"""Asks a Prometheus that has watched a suite each question of the dashboards: ask_dashboards.py URL.

Fails for a question that Prometheus does not understand, and for one without an answer, unless nothing of the kind happened there.
"""
import json
import pathlib
import re
import sys
import urllib.parse
import urllib.request

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "k8s" / "dashboards"
# What a suite without a mail server, whose audit log was never away, has nothing to say of.
SILENT = re.compile(r"tokenforge_mail|tokenforge_audit_events_dropped_total|tokenforge_status_page_total")


def ask(url, expression):
    for variable, value in (("$namespace", "tokenforge"), ("$job", ".*"), ("$__rate_interval", "10m")):
        expression = expression.replace(variable, value)
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{url}/api/v1/query?{query}", timeout=60) as answer:
        return json.load(answer)["data"]["result"]


def main():
    silent, asked = [], 0
    for path in sorted(FOLDER.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                asked += 1
                if not ask(sys.argv[1], target["expr"]) and not SILENT.search(target["expr"]):
                    silent.append(f"{path.name}: {panel['title']}: {target['expr']}")
    print(f"{asked} questions, {len(silent)} without an answer")
    print("\n".join(silent))
    sys.exit(bool(silent) or asked < 80)


main()
