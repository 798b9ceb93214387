"""The image's lists of packages, held against what the programs link and what ./dev installs: what would else be noticed
only when somebody builds the image. Building and running it is `./dev image --test`, which needs more rights than tests have."""
import re
import subprocess
import unittest

import programs
import render

# Of ./dev's packages: what tests and development want, and the image's build does not.
NOT_FOR_BUILDING = {"ccache", "mold", "libgtest-dev", "libgmock-dev", "redis-server", "openssl"}


def words(text):
    return set(re.sub(r"#.*", "", text).split())


def lines_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def linked():
    """The packages of the shared libraries that the programs name themselves."""
    files = set()
    for program in [programs.program(service) for service in programs.SERVICES] + [programs.command_line()]:
        needed = set(re.findall(r"NEEDED\s+(\S+)", "\n".join(lines_of("objdump", "-p", program))))
        for line in lines_of("ldd", program):
            name, _, path = line.strip().partition(" => ")
            if name in needed and path:
                files.add(path.split()[0])
    # With /lib being /usr/lib, dpkg may know a file by either name: of three, one or two are unknown to it.
    names = [name for path in files for name in (path, "/usr" + path, path.removeprefix("/usr"))]
    said = subprocess.run(["dpkg", "-S", *names], capture_output=True, text=True, check=False).stdout.splitlines()
    owners = {line.rsplit(": ", 1)[1].removeprefix("/usr"): line.split(":")[0] for line in said if not line.startswith("diversion")}
    return {owners[path.removeprefix("/usr")] for path in files}


def essential():
    """What every Debian has."""
    lines = lines_of("dpkg-query", "-W", "-f", "${Essential} ${Package}\n")
    return {line.split()[1] for line in lines if line.startswith("yes ")}


def with_dependencies(packages):
    """These packages and all that they depend on, of those installed here."""
    depends = {}
    for line in lines_of("dpkg-query", "-W", "-f", "${db:Status-Status}|${Package}|${Depends}, ${Pre-Depends}\n"):
        status, name, names = line.split("|", 2)
        if status == "installed":
            depends[name] = {re.sub(r"[ (:].*", "", choice.strip()) for choice in re.split(r"[,|]", names)}
    todo, closure = set(packages), set()
    while todo:
        closure |= todo
        todo = {name for package in todo for name in depends.get(package, ())} & depends.keys() - closure
    return closure


class Image(unittest.TestCase):
    def test_TheImageHasEveryLibraryThatAProgramLinks(self):
        listed = words((render.SOURCE / "deploy/image/packages").read_text())
        needed = linked()
        self.assertIn("libgrpc++1.51", needed)
        self.assertEqual(needed - with_dependencies(listed | essential()), set())
        # And nothing that none of them wants, beside the certificates of authorities and what SOCI loads by name.
        self.assertEqual(listed - with_dependencies(needed) - {"ca-certificates"}, set())

    def test_TheImageIsBuiltWithWhatDevInstalls(self):
        dev = (render.SOURCE / "dev").read_text()
        packages = {word.split("=")[0] for word in words(re.search(r"^SUITE_PACKAGES=\(\n(.*?)^\)", dev, re.M | re.S).group(1))}
        dockerfile = (render.SOURCE / "Dockerfile").read_text()
        installed = words(re.search(r"AS build\nRUN .*?--no-install-recommends(.*?)\nWORKDIR", dockerfile, re.S).group(1)
                          .replace("\\\n", " "))
        self.assertEqual(installed, packages - NOT_FOR_BUILDING)


if __name__ == "__main__":
    unittest.main()
