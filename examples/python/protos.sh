#!/bin/sh
# protos.sh OUT PROTO_DIR [DIR FILE]…: generates Python from the protos of the installed package (PROTO_DIR is its share/tokenforge/proto),
# and from those of servers to call (FILE in DIR). Needs Debian's protobuf-compiler and protobuf-compiler-grpc.
set -eu
out=$1 protos=$2
shift 2
mkdir -p "$out"
generate() {  # DIR FILE…
  dir=$1
  shift
  protoc -I "$dir" -I "$protos" --python_out="$out" --grpc_out="$out" \
    --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" "$@"
}
generate "$protos" tokenforge/access/v1/access.proto tokenforge/errors/v1/reason.proto tokenforge/errors/v1/details.proto \
  tokenforge/auth/v1/auth.proto
while [ $# -ge 2 ]; do
  generate "$1" "$2"
  shift 2
done
