"""Who may speak to whom: the effective arrows of the NetworkPolicies, against what the programs and the protos' rules say."""
import re
import unittest

import programs
import render

NAMESPACE = "tokenforge"
DNS = {(service, "kube-system/kube-dns", port) for service in programs.SERVICES for port in ("UDP/53", "TCP/53")}


def selected(selector, labels):
    if set(selector) - {"matchLabels"}:
        raise AssertionError(f"the test reads matchLabels only, not {selector}")
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


class Cluster:
    """The pods of one overlay, and what its policies let through."""

    def __init__(self, documents):
        self.pods, self.ports = {}, {}
        for document in documents:
            if document["kind"] in ("Deployment", "StatefulSet"):
                name, template = document["metadata"]["name"], document["spec"]["template"]
                self.pods[name] = template["metadata"]["labels"]
                self.ports[name] = {p["name"]: p["containerPort"] for p in template["spec"]["containers"][0]["ports"]}
        self.policies = render.of_kind(documents, "NetworkPolicy").values()

    def others(self, peer):
        """Names of whom a `from` or `to` means: pods of ours, or a place outside."""
        if "ipBlock" in peer:
            return {peer["ipBlock"]["cidr"]}
        if "namespaceSelector" not in peer:
            return {name for name, labels in self.pods.items() if selected(peer["podSelector"], labels)}
        labels = peer["namespaceSelector"].get("matchLabels", {})
        place = labels.get("kubernetes.io/metadata.name") or ",".join(f"{k}={v}" for k, v in labels.items()) or "anybody"
        return {place + "/" + peer["podSelector"]["matchLabels"]["k8s-app"]} if "podSelector" in peer else {place}

    def half(self, direction, key):
        """Arrows that one direction opens: (from, to, "TCP/7444")."""
        arrows = set()
        for policy in self.policies:
            spec = policy["spec"]
            if direction not in spec["policyTypes"]:
                assert direction.lower() not in spec, f"{policy['metadata']['name']} has rules that are of no type"
                continue
            for rule in spec.get(direction.lower(), []):
                for pod in (name for name, labels in self.pods.items() if selected(spec["podSelector"], labels)):
                    arrows |= self.opened(rule, key, pod, direction)
        return arrows

    def opened(self, rule, key, pod, direction):
        assert rule.get(key) and rule.get("ports"), f"a rule of {pod} opens everything: {rule}"
        arrows = set()
        for peer in rule[key]:
            for other in self.others(peer):
                for port in rule["ports"]:
                    ends = (other, pod) if direction == "Ingress" else (pod, other)
                    number = self.ports[ends[1]][port["port"]] if isinstance(port["port"], str) else port["port"]
                    arrows.add((*ends, f"{port['protocol']}/{number}"))
        return arrows

    def arrows(self):
        """What can happen: between our pods both ends must be open, elsewhere the one that is ours."""
        ingress, egress = self.half("Ingress", "from"), self.half("Egress", "to")
        inside = {arrow for arrow in ingress & egress}
        half_open = {arrow for arrow in ingress ^ egress if arrow[0] in self.pods and arrow[1] in self.pods}
        return inside | {arrow for arrow in ingress ^ egress if arrow not in half_open}, half_open


def arrows_of_architecture():
    """From the rules in the protos (who may call) and the settings of the programs (which stores, which ports)."""
    expected = set(DNS)
    for service, callers in programs.callers_of_rules().items():
        port = f"TCP/{programs.port_of(service, 'listen')}"
        for caller in callers:
            expected.add(("tokenforge/client=yes" if "**" in caller else caller.removeprefix("/"), service, port))
    expected.add(("anybody", "auth", f"TCP/{programs.port_of('auth', 'http-listen')}"))
    for service in programs.SERVICES:
        expected.add(("monitoring", service, f"TCP/{programs.port_of(service, 'operators-listen')}"))
    return expected


def stores_of(service):
    """The kinds of outside places that a program has settings for."""
    known = {"redis-url": "redis", "database-url": "postgres", "mail-server": "mail"}
    return {known[flag] for flag in programs.flags_of(service) if flag in known}


class Network(unittest.TestCase):
    def test_EverythingIsDeniedFirst(self):
        for overlay in render.OVERLAYS:
            policy = render.of_kind(render.render(overlay), "NetworkPolicy")["deny-all"]["spec"]
            self.assertEqual(policy, {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})

    def test_InsideTheArrowsAreThoseOfTheArchitectureAndNoOthers(self):
        arrows, half_open = Cluster(render.render("k8s/overlays/dev")).arrows()
        ports = {"redis": "TCP/6379", "postgres": "TCP/5432"}
        stores = {(service, store, ports[store]) for service in programs.SERVICES
                  for store in stores_of(service) if store in ports}
        self.assertEqual(len(stores), 3)
        self.assertEqual(arrows, arrows_of_architecture() | stores)
        self.assertEqual(half_open, set(), "an arrow needs both ends")

    def test_OutsideEachServiceReachesItsOwnStoresOnly(self):
        for overlay in ("prod", "csi-driver-spiffe"):
            arrows, half_open = Cluster(render.render(f"k8s/overlays/{overlay}")).arrows()
            self.assertEqual(half_open, set())
            outside = arrows - arrows_of_architecture()
            self.assertEqual(arrows_of_architecture() - arrows, set())
            ports = {"TCP/6379": "redis", "TCP/26379": "redis", "TCP/5432": "postgres", "TCP/587": "mail"}
            reached = {}
            for source, place, port in outside:
                self.assertRegex(place, r"^192\.0\.2\.\d+/(2[4-9]|3[0-2])$", "a small range, for the operator to fill in")
                reached.setdefault(source, set()).add(ports[port])
            self.assertEqual(reached, {s: stores_of(s) for s in programs.SERVICES if stores_of(s)})

    def test_APolicyThatIsForgottenIsFound(self):
        documents = render.render("k8s/overlays/dev")
        for name in ("users-from-auth", "auth-to-keys", "prometheus-to-operators", "redis-from-sessions"):
            left = [d for d in documents if (d["kind"], d["metadata"]["name"]) != ("NetworkPolicy", name)]
            self.assertEqual(len(left), len(documents) - 1)
            arrows, half_open = Cluster(left).arrows()
            self.assertTrue(arrows_of_architecture() - arrows or half_open, name)


if __name__ == "__main__":
    unittest.main()
