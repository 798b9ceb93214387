"""What a parser that is not ours makes of our OpenMetrics: `open_metrics_test.py PROBE`."""
import subprocess
import sys
import unittest

from prometheus_client.openmetrics.parser import text_string_to_metric_families

PROBE = sys.argv.pop()


class OpenMetrics(unittest.TestCase):
    def setUp(self):
        text = subprocess.run([PROBE], capture_output=True, text=True, check=True).stdout
        self.families = {family.name: family for family in text_string_to_metric_families(text)}

    def samples(self, name):
        return {(sample.name, *sorted(sample.labels.items())): sample for sample in self.families[name].samples}

    def test_CountersLoseTheirSuffixAndKeepTheirText(self):
        family = self.families["probe_things"]
        self.assertEqual(family.type, "counter")
        self.assertEqual(family.documentation, 'Things, "quoted",\nof two lines and a \\')
        self.assertEqual(self.samples("probe_things")["probe_things_total", ("kind", 'a"b\\c')].value, 2_000_000)
        self.assertEqual(self.families["probe_odd"].type, "unknown")

    def test_GaugesAreGauges(self):
        self.assertEqual(self.families["probe_level"].type, "gauge")
        self.assertEqual(self.samples("probe_level")["probe_level", ("where", "here")].value, -0.25)

    def test_HistogramsAreWholeAndCumulative(self):
        self.assertEqual(self.families["probe_seconds"].type, "histogram")
        buckets = {dict(key[1:])["le"]: sample.value for key, sample in self.samples("probe_seconds").items()
                   if key[0] == "probe_seconds_bucket"}
        self.assertEqual(buckets, {"0.005": 0, "1.0": 1, "60.0": 1, "+Inf": 1})

    def test_ABucketLeadsToATrace(self):
        exemplars = [sample.exemplar for sample in self.families["rpc_server_call_duration_seconds"].samples if sample.exemplar]
        self.assertEqual(len(exemplars), 1)
        self.assertEqual(exemplars[0].labels, {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"})
        self.assertEqual(exemplars[0].value, 0.03)
        self.assertGreater(float(exemplars[0].timestamp), 1_700_000_000)

    def test_TheProcessIsThere(self):
        self.assertEqual(self.families["process_cpu_seconds"].type, "counter")


if __name__ == "__main__":
    unittest.main()
