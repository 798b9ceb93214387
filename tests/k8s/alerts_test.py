"""Alerts: each metric is one that the programs export, each label one that it has, each run-book is there."""
import functools
import re
import unittest

import programs
import render

# Of others, with whom they come: what our programs do not export, and rules may name all the same.
FOREIGN = {"up": "Prometheus"}
FUNCTIONS = {"sum", "by", "rate", "max", "min", "avg", "count", "absent", "increase", "histogram_quantile", "time", "or", "and",
             "unless", "avg_over_time", "max_over_time", "without", "on", "ignoring", "clamp_min", "le", "topk", "vector"}


@functools.cache
def rules():
    return tuple(every_rule())


def every_rule():
    for document in render.of_kind(render.render("k8s/overlays/prod"), "PrometheusRule").values():
        for group in document["spec"]["groups"]:
            yield from group["rules"]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def recorded():
    return {rule["record"] for rule in rules() if "record" in rule}


def selectors(expression):
    """(metric, {label: [values]}) of each selector; a metric without braces has none."""
    text = re.sub(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)", " ", expression)
    found, rest = [], text
    for match in re.finditer(r"([a-z_:][a-z0-9_:]*)\s*\{([^}]*)\}", text):
        labels = re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"', match.group(2))
        found.append((match.group(1), dict(labels)))
        rest = rest.replace(match.group(0), " ")
    found += [(name, {}) for name in re.findall(r"\b([a-z_:][a-z0-9_:]*)\b(?!\s*\()", re.sub(r"\[[^]]*\]", " ", rest))
              if name not in FUNCTIONS]
    return found


def exporters(metric):
    """The services whose programs have this metric, under its own name or as a histogram's series."""
    names = {metric, re.sub(r"_(bucket|count|sum)$", "", metric)}
    return {service for service in programs.SERVICES if names & programs.metrics_in(service)}


class Alerts(unittest.TestCase):
    def test_EveryMetricOfARuleIsExportedByWhomTheRuleNames(self):
        expressions = [rule["expr"] for rule in rules()]
        self.assertGreater(len(expressions), 15)
        for expression in expressions:
            self.assertTrue(selectors(expression), expression)
            for metric, labels in selectors(expression):
                if metric in FOREIGN or metric in recorded():
                    continue
                self.assertTrue(exporters(metric), f"nobody exports {metric}: {expression}")
                if "job" in labels:
                    self.assertIn(labels["job"], exporters(metric), expression)

    def test_AMetricThatNobodyExportsIsFound(self):
        (metric, labels), = selectors('sum(rate(tokenforge_login_total{job="auth",result="ok"}[5m])) > 3')
        self.assertEqual(labels, {"job": "auth", "result": "ok"})
        self.assertEqual(exporters(metric), set())
        self.assertEqual(exporters("tokenforge_logins_total"), {"auth"})

    def test_EveryAlertLinksToARunBookWithItsFourParts(self):
        text = (render.SOURCE / "docs" / "operations.md").read_text()
        sections = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-"): body
                    for title, body in re.findall(r"^#{2,4} (.+)\n((?:(?!#{2,4} ).*\n)*)", text, re.MULTILINE)}
        names = set()
        for rule in alerts():
            names.add(rule["alert"])
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
            page, anchor = rule["annotations"]["runbook_url"].split("#")
            self.assertEqual((page, anchor), ("docs/operations.md", rule["alert"].lower()))
            self.assertIn(anchor, sections)
            for part in ("**Means.**", "**Do.**", "**Worked when**"):
                self.assertIn(part, sections[anchor], anchor)
        # And no run-book for an alert that is gone.
        books = re.findall(r"^#{2,4} (TokenForge\w+)$", text, re.MULTILINE)
        self.assertEqual(sorted(books), sorted(names))


if __name__ == "__main__":
    unittest.main()
