"""What the manifests promise: shape, settings, the drain's arithmetic, and pods that may do nothing else."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import programs
import render

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = render.SOURCE


def pods(documents):
    """(name, pod spec) of everything that runs pods."""
    for document in documents:
        if document["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield document["metadata"]["name"], document["spec"]["template"]["spec"]


def settings_of(pod, documents):
    """The variables of a pod's one container, from its ConfigMaps and its own list."""
    maps = render.of_kind(documents, "ConfigMap")
    container = pod["containers"][0]
    settings = {}
    for source in container.get("envFrom", []):
        settings.update(maps[source["configMapRef"]["name"]]["data"])
    for entry in container.get("env", []):
        settings[entry["name"]] = entry["value"]
    return settings


def check_schemas(documents):
    said = subprocess.run(["node", HERE / "schemas" / "check.js"], input=json.dumps(documents),
                          capture_output=True, text=True, check=False)
    return said.returncode, said.stdout + said.stderr


class OverOverlays(unittest.TestCase):
    """What tests need that look at each overlay."""

    where = ""

    def _formatMessage(self, msg, standard):
        return f"{self.where}: {super()._formatMessage(msg, standard)}"

    def overlays(self):
        for overlay in render.OVERLAYS:
            self.where = str(overlay)
            yield render.render(overlay)

    def deployments(self):
        for documents in self.overlays():
            found = render.of_kind(documents, "Deployment")
            self.assertEqual(set(found), set(programs.SERVICES))
            overlay = self.where
            for service, deployment in found.items():
                self.where = f"{overlay}, {service}"
                yield service, deployment, documents


class Manifests(OverOverlays):
    """Shape, and what pods may do."""

    def test_EveryOverlayRenders(self):
        self.assertEqual([path.name for path in render.OVERLAYS], ["csi-driver-spiffe", "dev", "prod"])
        for documents in self.overlays():
            self.assertEqual({document["metadata"].get("namespace") for document in documents} - {"tokenforge"}, {None})

    def test_SchemasAndTypesTakeEveryOverlay(self):
        for documents in self.overlays():
            code, said = check_schemas(documents)
            self.assertEqual(code, 0, said)

    def test_ThreeReplicasAreReplacedOneByOneAndNeverTakenFirst(self):
        for service, deployment, documents in self.deployments():
            spec = deployment["spec"]
            self.assertEqual(spec["strategy"]["rollingUpdate"], {"maxUnavailable": 0, "maxSurge": 1})
            self.assertGreaterEqual(spec["minReadySeconds"], 5)
            budget = render.of_kind(documents, "PodDisruptionBudget")[service]["spec"]
            self.assertEqual(budget["maxUnavailable"], 1)
            self.assertEqual(budget["selector"], spec["selector"])
            scaler = render.of_kind(documents, "HorizontalPodAutoscaler")[service]["spec"]
            self.assertEqual(scaler["scaleTargetRef"], {"apiVersion": "apps/v1", "kind": "Deployment", "name": service})
            self.assertEqual(scaler["minReplicas"], spec["replicas"])
            self.assertGreater(scaler["maxReplicas"], scaler["minReplicas"])
            keys = [c["topologyKey"] for c in spec["template"]["spec"]["topologySpreadConstraints"]]
            self.assertEqual(keys, ["topology.kubernetes.io/zone", "kubernetes.io/hostname"])
            for constraint in spec["template"]["spec"]["topologySpreadConstraints"]:
                self.assertEqual(constraint["labelSelector"], spec["selector"])
        for overlay in ("prod", "csi-driver-spiffe"):
            for name, deployment in render.of_kind(render.render(f"k8s/overlays/{overlay}"), "Deployment").items():
                self.assertEqual(deployment["spec"]["replicas"], 3, f"{overlay}: {name}")

    def test_TheDrainEndsBeforeTheKubeletsPatience(self):
        for service, deployment, documents in self.deployments():
            pod = deployment["spec"]["template"]["spec"]
            value = programs.flags_of(service)
            value.update({programs.flag_of(k): v for k, v in settings_of(pod, documents).items()})
            delay, grace, limit = (programs.seconds(value[f]) for f in ("drain-delay", "shutdown-grace", "stop-limit"))
            self.assertGreaterEqual(delay, 5, "clients need that long to look elsewhere")
            self.assertLess(delay + grace, limit, "the process' own hard end must come last")
            self.assertLess(limit, pod["terminationGracePeriodSeconds"], "SIGKILL must come after exit 1 with a reason")
            # A replica that says it is not ready is out before it stops serving, also where only probes tell.
            ready = pod["containers"][0]["readinessProbe"]
            self.assertLess(ready["periodSeconds"] * ready["failureThreshold"], delay)
            self.assertNotIn("lifecycle", pod["containers"][0], "the process waits itself; a hook would come on top")

    def test_ProbesAndPortsAreThoseOfThePrograms(self):
        for service, deployment, documents in self.deployments():
            container = deployment["spec"]["template"]["spec"]["containers"][0]
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            flags = {"grpc": "listen", "operators": "operators-listen"}
            if service == "auth":
                flags["http"] = "http-listen"
            self.assertEqual(ports, {name: programs.port_of(service, flag) for name, flag in flags.items()})
            settings = settings_of(deployment["spec"]["template"]["spec"], documents)
            for name, flag in flags.items():
                variable = "TOKENFORGE_" + flag.upper().replace("-", "_")
                self.assertEqual(settings[variable], f"0.0.0.0:{ports[name]}")
            for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
                self.assertEqual(container[probe]["httpGet"], {"path": path, "port": "operators"})
            headless = render.of_kind(documents, "Service")[service]["spec"]
            self.assertEqual(headless["clusterIP"], "None")
            self.assertEqual(headless["selector"], deployment["spec"]["selector"]["matchLabels"])
            self.assertEqual({p["name"]: p["port"] for p in headless["ports"]},
                             {name: port for name, port in ports.items() if name != "http"})

    def test_NoPodMayDoMoreThanItMust(self):
        for documents in self.overlays():
            for name, pod in pods(documents):
                self.assertFalse(pod["automountServiceAccountToken"])
                self.assertFalse(pod["enableServiceLinks"])
                self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                self.assertGreater(pod["securityContext"]["runAsUser"], 0)
                self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                for forbidden in ("hostNetwork", "hostPID", "hostIPC"):
                    self.assertNotIn(forbidden, pod)
                self.assertEqual(len(pod["containers"]), 1)
                for container in pod["containers"]:
                    self.assertEqual(container["securityContext"], {
                        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]}})
                    self.assertIn("memory", container["resources"]["limits"])
                    self.assertEqual(set(container["resources"]["requests"]), {"cpu", "memory"})
                for volume in pod["volumes"]:
                    self.assertNotIn("hostPath", volume)
                    if "secret" in volume:
                        self.assertEqual(volume["secret"]["defaultMode"], 0o440)
            labels = render.of_kind(documents, "Namespace")["tokenforge"]["metadata"]["labels"]
            self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")

    def test_SecretsAreFilesAndNotInTheTree(self):
        for documents in self.overlays():
            self.assertEqual(render.of_kind(documents, "Secret"), {})
            for name, pod in pods(documents):
                for container in pod["containers"]:
                    for entry in container.get("env", []):
                        self.assertNotIn("valueFrom", entry, name)
                    for source in container.get("envFrom", []):
                        self.assertEqual(list(source), ["configMapRef"], name)

    def test_TheFourDeploymentsDifferOnlyInNamesPortsAndSizes(self):
        for documents in self.overlays():
            shapes = {}
            for service, deployment in render.of_kind(documents, "Deployment").items():
                text = json.dumps(deployment, sort_keys=True)
                pod = json.loads(re.sub(rf"\b{service}\b", "SERVICE", text))["spec"]
                template = pod["template"]["spec"]
                container = template.pop("containers")[0]
                template.pop("volumes")
                for name in ("envFrom", "ports", "resources", "volumeMounts"):
                    container.pop(name)
                shapes[service] = [pod, container]
            for service, shape in shapes.items():
                self.assertEqual(shape, shapes["auth"], service)


class Settings(OverOverlays):
    """What a pod is given, held against the programs that read it."""

    def mounted(self, pod, secrets, root):
        """The pod's volumes as folders below `root`, with keys from make-secrets and a certificate of the test's own."""
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for mount in pod["containers"][0]["volumeMounts"]:
            folder = pathlib.Path(f"{root}{mount['mountPath']}")
            volume = volumes[mount["name"]]
            source = secrets / volume["secret"]["secretName"] if "secret" in volume else None
            if source is not None and source.is_dir():
                shutil.copytree(source, folder)
            elif "secret" in volume or "csi" in volume:
                folder.mkdir(parents=True)
                for name in ("tls.crt", "tls.key", "ca.crt"):
                    shutil.copy(secrets / "tls" / name, folder / name)
            else:
                self.mount_config_map(volume["configMap"]["name"], folder, secrets)

    def mount_config_map(self, name, folder, secrets):
        folder.mkdir(parents=True)
        maps = render.of_kind(self.documents, "ConfigMap")
        if name in maps:
            for key, text in maps[name]["data"].items():
                (folder / key).write_text(text)
        else:  # one that the operator makes: an authority's certificate
            shutil.copy(secrets / "tls" / "ca.crt", folder / "ca.crt")

    def make_secrets(self, folder):
        subprocess.run([SOURCE / "k8s" / "make-secrets", "--sentinel", folder], check=True, capture_output=True)
        (folder / "tls").mkdir()
        subprocess.run([SOURCE / "dev", "certs", folder / "tls"], check=True, capture_output=True)
        for name, file in (("tls.crt", "auth.crt"), ("tls.key", "auth.key")):
            shutil.copy(folder / "tls" / file, folder / "tls" / name)

    def test_EveryProgramTakesItsSettings(self):
        with tempfile.TemporaryDirectory() as scratch:
            secrets = pathlib.Path(scratch) / "secrets"
            self.make_secrets(secrets)
            for service, deployment, self.documents in self.deployments():
                pod = deployment["spec"]["template"]["spec"]
                self.assertEqual(pod["containers"][0]["command"], [f"tokenforge-{service}"])
                settings = settings_of(pod, self.documents)
                flags = programs.flags_of(service)
                # A variable that is no setting would be passed over in silence by nobody but us.
                self.assertEqual([name for name in settings if programs.flag_of(name) not in flags], [])
                root = pathlib.Path(tempfile.mkdtemp(dir=scratch))
                self.mounted(pod, secrets, root)
                # What a setting names must be in a volume: the paths are those of the test's folder, and nothing else is there.
                code, said = programs.check_config(
                    service, {name: value.replace("/etc/tokenforge", f"{root}/etc/tokenforge") for name, value in settings.items()})
                self.assertEqual(code, 0, said)
                self.assertNotIn("warning", said)

    def test_AProgramRefusesASettingThatIsWrong(self):
        # What the test above relies on.
        code, said = programs.check_config("auth", {"TOKENFORGE_DRAIN_DELAY": "soon"})
        self.assertEqual(code, 2)
        self.assertIn("TOKENFORGE_DRAIN_DELAY=soon", said)

    def test_MadeSecretsAreSoundAndKept(self):
        with tempfile.TemporaryDirectory() as scratch:
            command = [SOURCE / "k8s" / "make-secrets", scratch]
            first = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            documents = list(render.yaml.safe_load_all(first))
            code, said = check_schemas(documents)
            self.assertEqual(code, 0, said)
            self.assertEqual(first, subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            self.assertEqual({path.stat().st_mode & 0o077 for path in pathlib.Path(scratch).rglob("*")}, {0})
            mounted = {volume["secret"]["secretName"] for _, pod in pods(render.render("k8s/overlays/dev"))
                       for volume in pod["volumes"] if "secret" in volume}
            self.assertEqual({document["metadata"]["name"] for document in documents},
                             {name for name in mounted if not name.endswith("-tls")})

    def test_EveryCertificateProvesTheNameThatTheRulesKnow(self):
        internal = {caller for callers in programs.callers_of_rules().values() for caller in callers if caller[0] == "/"}
        self.assertEqual(internal - {"/**"}, {"/auth"})
        self.assertEqual(render.of_kind(render.render("k8s/overlays/csi-driver-spiffe"), "Certificate"), {})
        for overlay in ("dev", "prod"):
            documents = render.render(f"k8s/overlays/{overlay}")
            certificates = render.of_kind(documents, "Certificate")
            domains = set()
            for service, deployment in render.of_kind(documents, "Deployment").items():
                spec = certificates[service]["spec"]
                self.assertEqual(len(spec["uris"]), 1, "exactly one, or peers refuse it")
                domain, path = re.fullmatch(r"spiffe://([a-z0-9.-]+)(/.+)", spec["uris"][0]).groups()
                domains.add(domain)
                self.assertEqual(path, f"/{service}")
                self.assertIn(service, spec["dnsNames"], "what the others call it")
                self.assertEqual(set(spec["usages"]), {"digital signature", "server auth", "client auth"})
                volumes = {v["name"]: v for v in deployment["spec"]["template"]["spec"]["volumes"]}
                self.assertEqual(volumes["tls"]["secret"]["secretName"], spec["secretName"])
                self.assertIn(spec["issuerRef"]["name"], render.of_kind(documents, "Issuer"))
            self.assertEqual(len(domains), 1, "one trust domain for all")

    def test_PolicyFilesNameTheFacadeForEveryInternalMethod(self):
        overlay = SOURCE / "k8s" / "overlays" / "csi-driver-spiffe"
        for service in ("users", "keys", "sessions"):
            said = subprocess.run(
                [programs.command_line(), "policy", "-I", SOURCE / "proto", f"{SOURCE}/proto/tokenforge/{service}/v1/{service}.proto",
                 "--overlay", overlay / "policy" / f"{service}.json"], capture_output=True, text=True, check=False)
            self.assertEqual(said.returncode, 0, said.stderr)
            rules = re.findall(r"^tokenforge\.\S+\s+(.*?)\s{2,}", said.stdout, re.MULTILINE)
            self.assertGreater(len(rules), 5)
            self.assertEqual(set(rules), {"peers: /ns/tokenforge/sa/auth"})
        auth = render.of_kind(render.render("k8s/overlays/csi-driver-spiffe"), "Deployment")["auth"]
        self.assertEqual(auth["spec"]["template"]["spec"]["serviceAccountName"], "auth")

    def test_TheFacadeFindsTheServicesWhereTheyAre(self):
        for service, deployment, documents in self.deployments():
            if service != "auth":
                continue
            settings = settings_of(deployment["spec"]["template"]["spec"], documents)
            services = render.of_kind(documents, "Service")
            for name in ("users", "keys", "sessions"):
                port = {p["name"]: p["port"] for p in services[name]["spec"]["ports"]}["grpc"]
                self.assertEqual(settings[f"TOKENFORGE_{name.upper()}_ADDRESS"], f"dns:///{name}:{port}")


class BrokenOverlay(unittest.TestCase):
    """That the checks above can fail."""

    def test_SchemasAndTypesRefuseTheBrokenOverlay(self):
        code, said = check_schemas(render.render("tests/k8s/broken"))
        self.assertEqual(code, 1, said)
        for fault in ("Deployment/auth: .*replicas must be integer",
                      "PodDisruptionBudget/keys: .*'\"maxUnavailble\"' does not exist",
                      "NetworkPolicy/clients-to-auth: .*'\"ingres\"' does not exist",
                      "Certificate/users: .*'\"uri\"' does not exist",
                      "ServiceMonitor/tokenforge: .*'\"selektor\"' does not exist",
                      "Gadget/unheard-of: "):
            self.assertRegex(said, fault)
        # Each fault names its document, and what is sound is not named.
        self.assertNotIn("sessions", said)

    def test_AnOverlayThatNamesAMissingFileDoesNotRender(self):
        with self.assertRaises(render.DoesNotRender):
            render.render("tests/k8s/broken/nowhere")


if __name__ == "__main__":
    unittest.main()
