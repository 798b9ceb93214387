"""What the protos say: services, methods, messages and reasons, each with its comments and its access rule.

protoc makes a descriptor set with comments, and Python code for the options of ours; both live as long as this process.
"""
import importlib
import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
OPTIONS = ("tokenforge/access/v1/access.proto", "tokenforge/errors/v1/reason.proto")

SERVICE, METHOD, MESSAGE, FIELD, NESTED, ENUM, VALUE = 6, 2, 4, 2, 3, 5, 2  # field numbers of descriptor.proto
SCALARS = {1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool", 9: "string",
           12: "bytes", 13: "uint32", 15: "sfixed32", 16: "sfixed64", 17: "sint32", 18: "sint64"}


def compile_protos(folder):
    files = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    subprocess.run(["protoc", f"-I{PROTO}", "--include_imports", "--include_source_info",
                    f"--descriptor_set_out={folder}/all.binpb", *files], check=True)
    subprocess.run(["protoc", f"-I{PROTO}", f"--python_out={folder}", *OPTIONS], check=True)
    sys.path.insert(0, str(folder))
    access, reason = (importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2") for name in OPTIONS)
    # Only now: options of ours are read as such once their code is there.
    descriptors = descriptor_pb2.FileDescriptorSet.FromString((folder / "all.binpb").read_bytes())
    return [file for file in descriptors.file if file.name.startswith("tokenforge/")], access, reason


class Comments:
    """Comments of one file, by the path of what they stand at."""

    def __init__(self, file):
        self._of = {tuple(location.path): location for location in file.source_code_info.location}

    def at(self, *path):
        """What stands before a thing, and behind it on its line."""
        location = self._of.get(tuple(path))
        if location is None:
            return ""
        return "\n".join(text for text in (location.leading_comments, location.trailing_comments) if text)

    def of_file(self):
        """What a file begins with: the comment before `syntax`."""
        return self.at(12)


class Field:
    def __init__(self, field, comment, secret, oneof):
        self.name, self.number, self.comment, self.secret, self.oneof = field.name, field.number, comment, secret, oneof
        self.repeated = field.label == field.LABEL_REPEATED
        self.type = field.type_name.lstrip(".") or SCALARS[field.type]
        self.scalar = not field.type_name


class Message:
    def __init__(self, name, message, comments, path, secret):
        self.name, self.comment, self.map_entry = name, comments.at(*path), message.options.map_entry
        self.oneofs = [oneof.name for oneof in message.oneof_decl]
        self.fields = [Field(field, comments.at(*path, FIELD, i), field.options.Extensions[secret],
                             message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else "")
                       for i, field in enumerate(message.field)]
        self.nested = [Message(f"{name}.{inner.name}", inner, comments, (*path, NESTED, i), secret)
                       for i, inner in enumerate(message.nested_type)]

    def everything(self):
        yield self
        for inner in self.nested:
            yield from inner.everything()


class Method:
    def __init__(self, method, comment, rule):
        self.name, self.comment, self.rule = method.name, comment, rule
        self.request, self.response = method.input_type.lstrip("."), method.output_type.lstrip(".")
        self.sends_many, self.gets_many = method.client_streaming, method.server_streaming


class Service:
    def __init__(self, file, service, comments, path, access):
        self.file, self.package, self.name, self.comment = file.name, file.package, service.name, comments.at(*path)
        self.methods = []
        for i, method in enumerate(service.method):
            own = method.options.HasExtension(access.rule)
            rule = method.options.Extensions[access.rule] if own else service.options.Extensions[access.default_rule]
            self.methods.append(Method(method, comments.at(*path, METHOD, i), rule))


class Enum:
    def __init__(self, name, enum, comments, path):
        self.name, self.comment = name, comments.at(*path)
        self.values = [(value.name, comments.at(*path, VALUE, i)) for i, value in enumerate(enum.value)]


class Protos:
    def __init__(self):
        self.services, self.messages, self.enums, self.file_comments, self.package_of = [], {}, {}, {}, {}
        with tempfile.TemporaryDirectory() as folder:
            files, access, reason = compile_protos(pathlib.Path(folder))
            self.access = access
            for file in files:
                self._take(file, Comments(file), access, reason)

    def _take(self, file, comments, access, reason):
        self.file_comments[file.name] = comments.of_file()
        for i, service in enumerate(file.service):
            self.services.append(Service(file, service, comments, (SERVICE, i), access))
        for i, enum in enumerate(file.enum_type):
            self.enums[f"{file.package}.{enum.name}"] = Enum(f"{file.package}.{enum.name}", enum, comments, (ENUM, i))
        for i, message in enumerate(file.message_type):
            for one in Message(f"{file.package}.{message.name}", message, comments, (MESSAGE, i), reason.secret).everything():
                self.messages[one.name] = one
                self.package_of[one.name] = file.package
            for j, enum in enumerate(message.enum_type):
                name = f"{file.package}.{message.name}.{enum.name}"
                self.enums[name] = Enum(name, enum, comments, (MESSAGE, i, 4, j))
