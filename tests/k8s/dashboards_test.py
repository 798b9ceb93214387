"""Grafana's dashboards: what Grafana takes, what a reader needs, and only metrics and labels that are there."""
import json
import re
import subprocess
import tempfile
import unittest

import alerts_test
import programs
import render

FOLDER = render.SOURCE / "k8s" / "dashboards"
FILES = sorted(FOLDER.glob("*.json"))
# Besides one for each service.
OTHERS = {"suite", "guard"}
# Labels that Prometheus gives to what it scrapes, and those of histograms.
SCRAPED = {"job", "instance", "namespace", "le"}


def boards():
    return {path.stem: json.loads(path.read_text()) for path in FILES}


def panels(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def expressions(board):
    return [target["expr"] for panel in panels(board) for target in panel["targets"]]


def sourced_labels():
    """{metric: {label, …}}, from where families are named in the sources; of a recorded rule, what it is grouped by."""
    labels = {}
    family = re.compile(r'"((?:tokenforge|rpc)_\w+)"\s*,\s*(?:"[^"]*"\s*)+(?:,\s*\{((?:\s*"\w+",?)+)\})?')
    # A function of the same file that makes families of one kind.
    maker = re.compile(r"Family\(name, help, (\{[^}]*\})")
    for folder in ("lib", "services", "interceptors"):
        for path in (render.SOURCE / folder).rglob("*.[ch]*"):
            text = path.read_text()
            for constant, value in re.findall(r'constexpr std::string_view (k\w+) = ("\w+");', text):
                text = re.sub(rf"\b{constant}\b(?! =)", value, text)
            made = maker.search(text)
            for name, given in family.findall(text):
                given = given or (made.group(1) if made else "")
                labels.setdefault(name, set()).update(re.findall(r'"(\w+)"', given))
    for rule in alerts_test.rules():
        if "record" in rule:
            grouped = re.search(r"by \(([^)]*)\)", rule["expr"])
            labels[rule["record"]] = {label.strip() for label in grouped.group(1).split(",")} if grouped else set()
    return labels


def check_types(files):
    said = subprocess.run(["node", render.SOURCE / "tests/k8s/schemas/check_dashboards.js", *files], capture_output=True, text=True,
                          check=False)
    return said.returncode, said.stdout + said.stderr


class Dashboards(unittest.TestCase):
    def test_ThereIsOneForTheSuiteEachServiceAndTheGuard(self):
        self.assertEqual(set(boards()), set(programs.SERVICES) | OTHERS)
        uids = [board["uid"] for board in boards().values()]
        self.assertEqual(len(uids), len(set(uids)))

    def test_GrafanaTakesThem(self):
        code, said = check_types(FILES)
        self.assertEqual(code, 0, said)

    def test_ADashboardThatGrafanaWouldNotTakeIsFound(self):
        for member, value, fault in (("graphTooltips", 1, "graphTooltips"), ("schemaVersion", "39", "'string' is not assignable"),
                                     ("links", {}, "is missing the following properties")):
            board = {**boards()["guard"], member: value}
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(json.dumps(board))
                file.flush()
                code, said = check_types([file.name])
            self.assertEqual(code, 1, said)
            self.assertIn(fault, said)

    def test_EachPanelSaysWhatItShowsInWhichUnit(self):
        for name, board in boards().items():
            self.assertTrue(board["description"], name)
            ids = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(ids), len(set(ids)), name)
            for panel in panels(board):
                where = f"{name}: {panel['title']}"
                self.assertGreater(len(panel["description"]), 15, where)
                self.assertTrue(panel["description"].endswith("."), where)
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], where)
                self.assertEqual(panel["datasource"]["uid"], "${datasource}", where)
                for target in panel["targets"]:
                    self.assertTrue(target["legendFormat"], where)
                    self.assertEqual(target["datasource"]["uid"], "${datasource}", where)

    def test_NoTwoPanelsShareAPlace(self):
        for name, board in boards().items():
            taken = {}
            for panel in board["panels"]:
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24, f"{name}: {panel['title']}")
                for x in range(at["x"], at["x"] + at["w"]):
                    for y in range(at["y"], at["y"] + at["h"]):
                        self.assertNotIn((x, y), taken, f"{name}: {panel['title']} and {taken.get((x, y))}")
                        taken[x, y] = panel["title"]

    def test_EachVariableIsThereAndAsksForMetricsThatAreExported(self):
        for name, board in boards().items():
            known = {variable["name"] for variable in board["templating"]["list"]}
            text = json.dumps(board["panels"])
            used = {variable for variable in re.findall(r"\$\{?(\w+)\}?", text) if not variable.startswith("__")}
            self.assertEqual(used, known, name)
            for variable in board["templating"]["list"]:
                if variable["type"] == "query":
                    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()
                    self.assertTrue(alerts_test.exporters(metric), metric)
                    self.assertIn(label, SCRAPED)

    def test_EveryMetricIsExportedByWhomThePanelNames(self):
        for name, board in boards().items():
            for expression in expressions(board):
                found = alerts_test.selectors(expression)
                self.assertTrue(found, expression)
                for metric, labels in found:
                    if metric in alerts_test.FOREIGN or metric in alerts_test.recorded():
                        continue
                    exporters = alerts_test.exporters(metric)
                    self.assertTrue(exporters, f"{name}: nobody exports {metric}")
                    if labels.get("job") in programs.SERVICES:
                        self.assertIn(labels["job"], exporters, expression)

    def test_EveryLabelIsOneOfItsMetric(self):
        known = sourced_labels()
        self.assertEqual(known["tokenforge_dependency_duration_seconds"], {"dependency", "operation"})
        self.assertEqual(known["rpc_server_call_duration_seconds"], {"rpc_method", "rpc_response_status_code"})
        checked = 0
        everything = [(name, expression) for name, board in boards().items() for expression in expressions(board)]
        everything += [(rule.get("alert", rule.get("record")), rule["expr"]) for rule in alerts_test.rules()]
        for name, expression in everything:
            grouped = {label.strip() for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in group.split(",")}
            of_all = set(SCRAPED)
            for metric, labels in alerts_test.selectors(expression):
                own = known.get(re.sub(r"_(bucket|count|sum)$", "", metric), known.get(metric, set()))
                of_all |= own
                for label in set(labels) - SCRAPED:
                    self.assertIn(label, own, f"{name}: {metric} has no {label}: {expression}")
                    checked += 1
            self.assertLessEqual(grouped, of_all, f"{name}: {expression}")
        self.assertGreater(checked, 30)

    def test_ALegendNamesOnlyLabelsThatAreLeft(self):
        for name, board in boards().items():
            for panel in panels(board):
                for target in panel["targets"]:
                    named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                    grouped = [set(label.strip() for label in group.split(","))
                               for group in re.findall(r"\bby \(([^)]*)\)", target["expr"])]
                    if grouped:
                        self.assertTrue(named <= grouped[0], f"{name}: {panel['title']}: {named} {grouped[0]}")

    def test_TheyAreProvisionedForGrafanasSidecar(self):
        documents = render.render("k8s/dashboards")
        provisioned = {next(iter(document["data"])) for document in documents}
        self.assertEqual(provisioned, {path.name for path in FILES})
        for document in documents:
            self.assertEqual(document["kind"], "ConfigMap")
            self.assertEqual(document["metadata"]["labels"]["grafana_dashboard"], "1")
            self.assertEqual(document["metadata"]["namespace"], "monitoring")
            json.loads(next(iter(document["data"].values())))


if __name__ == "__main__":
    unittest.main()
