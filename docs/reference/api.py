"""The reference of the API: `api.py FOLDER` writes one page for each service, one for reasons, one for access rules, and an index."""
import pathlib
import re
import sys

import protos

PAGES = {"AuthService": "auth", "AdminService": "admin", "TrustService": "trust", "UserService": "users",
         "KeyService": "keys", "SessionService": "sessions"}
FOR_WHOM = {"auth": "apps and gateways, on behalf of people", "admin": "administrators and their tools",
            "trust": "guards, and whoever builds one in another language", "users": "the façade", "keys": "the façade",
            "sessions": "the façade"}
MADE = "<!-- Made by ./dev docs from proto/: change the comments there. -->\n\n"


def words(comment):
    """A comment's paragraphs, each on one line; proto comments are plain text, so what Markdown would read as markup is not."""
    paragraphs = re.split(r"\n\s*\n", "\n".join(line.removeprefix(" ") for line in comment.rstrip().split("\n")))
    return [escaped(" ".join(paragraph.split())) for paragraph in paragraphs if paragraph.strip()]


def escaped(text):
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*<\[\]])", r"\\\1", part) for part in parts)


def anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def first_sentence(text):
    for end in re.finditer(r"[.:](?=\s|$)", text):
        said = text[:end.start()]
        if said.count("(") == said.count(")"):
            return said
    return text


class Reference:
    def __init__(self):
        self.protos = protos.Protos()
        self.reasons = [name for name, _ in self.protos.enums["tokenforge.errors.v1.Reason"].values[1:]]
        self.codes = {}  # of each reason, by the headings of the enumeration
        self.groups = []  # (code, what it means, [(reason, comment)])
        self._group_reasons()
        self.page_of_type = {name: "errors" for name, package in self.protos.package_of.items()
                             if package == "tokenforge.errors.v1"}
        self.page_of_type["tokenforge.access.v1.Access"] = "access"
        for service in sorted(self.protos.services, key=lambda each: list(PAGES).index(each.name)):
            self._place(service)

    def _group_reasons(self):
        for name, comment in self.protos.enums["tokenforge.errors.v1.Reason"].values[1:]:
            lines = comment.strip().split("\n")
            if lines[0].strip().startswith("--- "):
                code, meaning = re.match(r"--- (\w+)[: ]*(.*)", lines.pop(0).strip()).groups()
                self.groups.append((code, meaning.strip("()."), []))
            self.groups[-1][2].append((name, " ".join(" ".join(lines).split())))
            self.codes[name] = self.groups[-1][0]

    # ------------------------------------------------------------------------------------------------------ types

    def _place(self, service):
        """Each message that is no request or response of its own stands on the first page that needs it."""
        own = {name for method in service.methods for name in (method.request, method.response)}
        for name in self._reached(own):
            if name not in own:
                self.page_of_type.setdefault(name, PAGES[service.name])

    def _reached(self, names):
        seen, todo = [], sorted(names)
        while todo:
            name = todo.pop(0)
            if name in seen or not name.startswith("tokenforge."):
                continue
            seen.append(name)
            if name in self.protos.messages:
                todo += [field.type for field in self.protos.messages[name].fields if not field.scalar]
        return seen

    @staticmethod
    def short(name):
        return re.sub(r"^tokenforge\.\w+\.v1\.", "", name)

    def type_of(self, field, page):
        entry = self.protos.messages.get(field.type)
        if entry and entry.map_entry:
            return "map of " + " to ".join(self.type_of(each, page) for each in entry.fields)
        if field.scalar:
            text = field.type
        elif field.type in self.page_of_type:
            at = self.page_of_type[field.type]
            text = f"[{self.short(field.type)}]({'' if at == page else at + '.md'}#{anchor(self.short(field.type))})"
        else:
            text = field.type.removeprefix("google.protobuf.")
        return f"list of {text}" if field.repeated else text

    def table(self, message, page):
        rows = ["| field | type | |", "| --- | --- | --- |"]
        for field in message.fields:
            says = [f"one of `{field.oneof}`"] if field.oneof else []
            says += ["secret"] if field.secret else []
            text = " ".join(words(field.comment))
            says += [self.linked(text, page)] if text else []
            cell = "; ".join(says).replace("|", "\\|")
            rows.append(f"| `{field.name}` | {self.type_of(field, page)} | {cell} |")
        return "\n".join(rows) + "\n"

    # ------------------------------------------------------------------------------------------------------ text

    def linked(self, text, page):
        """Reasons and pages become links to what they mean."""
        text = re.sub(r"\bdocs/([\w-]+\.md)", r"[\1](../\1)", text)
        at = "" if page == "errors" else "errors.md"
        pattern = r"(?<![\w`])(" + "|".join(sorted(self.reasons, key=len, reverse=True)) + r")(?![\w`…])"
        return re.sub(pattern, lambda found: f"[{found[1]}]({at}#{found[1].lower()})", text)

    def needs_token(self, rule):
        return bool(rule.access == self.protos.access.AUTHENTICATED or rule.any_role or rule.all_scopes or rule.audience)

    def who(self, rule):
        """A rule as words: its conditions, all of which must hold."""
        says = []
        if self.needs_token(rule):
            says.append("whoever has an access token")
            says += ["with the role " + " or ".join(f"`{role}`" for role in rule.any_role)] if rule.any_role else []
            says += ["with the scopes " + ", ".join(f"`{scope}`" for scope in rule.all_scopes)] if rule.all_scopes else []
            says += [f"for the audience `{rule.audience}`"] if rule.audience else []
        if rule.peers:
            peers = " or ".join(f"`{peer}`" for peer in rule.peers)
            says.insert(0, "any service of the trust domain" if rule.peers == ["/**"] else f"the service {peers} alone")
        elif not says:
            says.append("any service of the trust domain, without an access token")
        return " ".join(says + (["while the trust feed is fresh"] if rule.fresh else []))

    def named_reasons(self, method):
        return [name for name in self.reasons if re.search(rf"\b{name}\b", method.comment)]

    def fails_with(self, method):
        """The reasons that a method's comment and rule name, by code, in the order of the enumeration."""
        rule = method.rule
        named = set(self.named_reasons(method))
        named |= {"ROLE_REQUIRED"} if rule.any_role else set()
        named |= {"SCOPE_REQUIRED"} if rule.all_scopes else set()
        named |= {"PEER_NOT_ALLOWED"} if rule.peers else set()
        by_code = {}
        if self.needs_token(rule):
            by_code["UNAUTHENTICATED"] = ["[TOKEN\\_…](errors.md#unauthenticated)"]
        for name in (name for name in self.reasons if name in named):
            by_code.setdefault(self.codes[name], []).append(f"[{name}](errors.md#{name.lower()})")
        return "; ".join(f"{code} {', '.join(names)}" for code, names in by_code.items())

    # ------------------------------------------------------------------------------------------------------ pages

    def method(self, method, page):
        text = f"\n## {method.name}\n\n**Who may call:** {self.who(method.rule)}.\n"
        for paragraph in words(method.comment):
            text += "\n" + self.linked(paragraph, page) + "\n"
        if fails_with := self.fails_with(method):
            text += f"\n**Fails with:** {fails_with}; and what any method of the service may fail with.\n"
        for title, name, stream in (("Request", method.request, method.sends_many),
                                    ("Response", method.response, method.gets_many)):
            message = self.protos.messages[name]
            text += f"\n**{title}** `{self.short(name)}`" + (", a stream of them" if stream else "")
            text += ": no fields.\n" if not message.fields else "\n\n" + self.table(message, page)
        return text

    def types(self, page):
        text = ""
        for name in sorted(name for name, at in self.page_of_type.items() if at == page):
            text += f"\n### {self.short(name)}\n"
            if name in self.protos.enums:
                enum = self.protos.enums[name]
                text += "".join(f"\n{self.linked(each, page)}\n" for each in words(enum.comment))
                text += "\n| value | |\n| --- | --- |\n"
                text += "".join(f"| `{value}` | {' '.join(words(comment))} |\n" for value, comment in enum.values)
            elif not self.protos.messages[name].map_entry:
                message = self.protos.messages[name]
                text += "".join(f"\n{self.linked(each, page)}\n" for each in words(message.comment))
                text += "\n" + self.table(message, page) if message.fields else "\nNo fields.\n"
        return "\n## Types\n" + text if text else ""

    def service(self, service):
        page = PAGES[service.name]
        text = f"# {service.name}: for {FOR_WHOM[page]}\n\n{MADE}"
        text += f"`{service.package}.{service.name}`, from [{service.file}](../../proto/{service.file}).\n"
        for comment in (self.protos.file_comments[service.file], service.comment):
            text += "".join(f"\n{self.linked(each, page)}\n" for each in words(comment))
        text += "\n| method | who may call | in short |\n| --- | --- | --- |\n"
        for method in service.methods:
            said = first_sentence((words(method.comment) or [""])[0])
            text += f"| [{method.name}](#{anchor(method.name)}) | {self.who(method.rule)} | {said} |\n"
        return text + "".join(self.method(method, page) for method in service.methods) + self.types(page)

    def errors(self):
        file = "tokenforge/errors/v1/reason.proto"
        text = f"# Reasons: why a call failed\n\n{MADE}From [{file}](../../proto/{file}).\n"
        text += "".join(f"\n{each}\n" for each in words(self.protos.file_comments[file]))
        for code, meaning, reasons in self.groups:
            text += f"\n## {code}\n\n" + (meaning[0].upper() + meaning[1:] + ".\n\n" if meaning else "")
            text += "| reason | | named by |\n| --- | --- | --- |\n"
            for name, comment in reasons:
                text += f'| <a id="{name.lower()}"></a>`{name}` | {escaped(comment)} | {self.named_by(name)} |\n'
        return text + self.details()

    def named_by(self, reason):
        return ", ".join(f"[{method.name}]({PAGES[service.name]}.md#{anchor(method.name)})" for service in self.protos.services
                         for method in service.methods if reason in self.named_reasons(method)
                         if PAGES[service.name] in ("auth", "admin", "trust"))

    def details(self):
        file = "tokenforge/errors/v1/details.proto"
        text = "\n## What comes with an error\n" + "".join(f"\n{each}\n" for each in words(self.protos.file_comments[file]))
        for name, message in sorted(self.protos.messages.items()):
            if self.protos.package_of[name] == "tokenforge.errors.v1" and not message.map_entry:
                text += f"\n### {self.short(name)}\n\n" + "".join(f"{each}\n\n" for each in words(message.comment))
                text += self.table(message, "errors")
        return text

    def access(self):
        file = "tokenforge/access/v1/access.proto"
        code = self.protos.file_comments[file].strip("\n")
        before, example, after = re.match(r"(.*?\n)\n((?:   [^\n]*\n|\n)+)(.*)", code, re.S).groups()
        text = f"# Access rules: who may call a method\n\n{MADE}From [{file}](../../proto/{file}); the guide is [guard.md](../guard.md).\n"
        text += "".join(f"\n{each}\n" for each in words(before))
        text += "\n```proto\n" + "\n".join(line[3:] for line in example.strip("\n").split("\n")) + "\n```\n"
        text += "".join(f"\n{each}\n" for each in words(after))
        rule, access = self.protos.messages["tokenforge.access.v1.Rule"], self.protos.enums["tokenforge.access.v1.Access"]
        text += f"\n## Rule\n\n{words(rule.comment)[0]}\n\n" + self.table(rule, "access")
        text += f"\n## Access\n\n{words(access.comment)[0]}\n\n| value | |\n| --- | --- |\n"
        return text + "".join(f"| `{value}` | {self.linked(' '.join(words(comment)), 'access')} |\n" for value, comment in access.values)

    def index(self):
        text = f"""# The API

{MADE}Every call goes over mutual TLS: the client shows a certificate of the trust domain, with its SPIFFE ID. A person's access token goes in the metadata
`authorization`, as `Bearer TOKEN`. Give every call a deadline. IDs are lower-case UUIDs; lists come in pages (`page_size`, `page_token`,
`next_page_token`). Errors carry `google.rpc.ErrorInfo` with a [reason](errors.md). How to call well: [clients.md](../clients.md); the services seen
from a login: [life-of-a-login.md](../life-of-a-login.md).

| service | for | methods |
| --- | --- | --- |
"""
        for service in sorted(self.protos.services, key=lambda each: list(PAGES).index(each.name)):
            page = PAGES[service.name]
            text += f"| [{service.name}]({page}.md) | {FOR_WHOM[page]} | {len(service.methods)} |\n"
        return text + """
- [errors.md](errors.md): every reason, and which methods name it
- [access.md](access.md): the options with which protos say who may call

`tokenforge policy` prints who may call each method of any set of protos, these and yours; [guard.md](../guard.md) tells how to write rules.
The protos are installed with the guard's package, in `share/tokenforge/proto`.
"""

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        pages = {PAGES[service.name]: self.service(service) for service in self.protos.services}
        pages |= {"errors": self.errors(), "access": self.access(), "README": self.index()}
        for name, text in pages.items():
            (folder / f"{name}.md").write_text(text)


if __name__ == "__main__":
    Reference().write(pathlib.Path(sys.argv[1]))
