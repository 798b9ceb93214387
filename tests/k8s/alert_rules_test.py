"""Each alert of k8s/base/alerts.yaml fires and resolves, as the real Prometheus reads its rules (promtool)."""
import pathlib
import subprocess
import tempfile
import unittest

import yaml

import alert_cases
import render

ALERTS = render.SOURCE / "k8s" / "base" / "alerts.yaml"


def spec():
    return yaml.safe_load(ALERTS.read_text())["spec"]


def alerts(rules):
    return {rule["alert"]: rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule}


def in_words_of_promtool(case, rule):
    firing = {"exp_labels": {**case.labels, **rule["labels"]},
              "exp_annotations": {"summary": case.summary, "runbook_url": rule["annotations"]["runbook_url"]}}
    return {"interval": case.interval,
            "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
            "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": case.alert, "exp_alerts": [firing] if fires else []}
                                for minute, fires in ((case.before, False), (case.fires, True), (case.after, False))]}


def promtool(rules, cases, command=("test", "rules")):
    """The exit code, and what was said, of promtool over these rules and cases."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "rules.yaml").write_text(yaml.safe_dump(rules))
        known = alerts(rules)
        # Over days a rule is looked at less often, or the test takes minutes.
        pace = {"1m": "1m", "10m": "5m"}[cases[0].interval] if cases else "1m"
        tests = {"rule_files": ["rules.yaml"], "evaluation_interval": pace,
                 "tests": [in_words_of_promtool(case, known[case.alert]) for case in cases]}
        (pathlib.Path(folder) / "tests.yaml").write_text(yaml.safe_dump(tests))
        file = "tests.yaml" if command[0] == "test" else "rules.yaml"
        said = subprocess.run(["promtool", *command, file], cwd=folder, capture_output=True, text=True, check=False)
        return said.returncode, said.stdout + said.stderr


class AlertRules(unittest.TestCase):
    def test_PrometheusTakesTheRules(self):
        code, said = promtool(spec(), [], ("check", "rules"))
        self.assertEqual(code, 0, said)

    def test_EachAlertFiresAndResolves(self):
        rules = spec()
        self.assertEqual({case.alert for case in alert_cases.CASES}, set(alerts(rules)), "an alert without a case, or a case without one")
        for interval in ("1m", "10m"):
            cases = [case for case in alert_cases.CASES if case.interval == interval]
            code, said = promtool(rules, cases)
            self.assertEqual(code, 0, said)

    def test_AnAlertThatNeverFiresIsFound(self):
        case = next(case for case in alert_cases.CASES if case.alert == "TokenForgeLoginsFail")
        rules = spec()
        alerts(rules)[case.alert]["expr"] += " and vector(0) > 1"
        code, said = promtool(rules, [case])
        self.assertNotEqual(code, 0)
        self.assertIn("TokenForgeLoginsFail", said)

    def test_AnAlertThatNeverResolvesIsFound(self):
        case = next(case for case in alert_cases.CASES if case.alert == "TokenForgeGuardsBehind")
        rules = spec()
        alerts(rules)[case.alert]["expr"] = "sum(max_over_time(tokenforge_guards_behind[1d])) > 0"
        code, said = promtool(rules, [case])
        self.assertNotEqual(code, 0)


if __name__ == "__main__":
    unittest.main()
