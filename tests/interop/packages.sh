# Sourced in tests/interop: the packages of node/, fetched once, in exactly the versions of package-lock.json. Tests that run
# side by side take turns.
{
  flock 9
  if [[ node/package-lock.json -nt node/node_modules/.package-lock.json ]]; then
    npm --prefix node ci --no-progress || {
      echo "tests/interop: npm could not fetch the packages of tests/interop/node: is its registry reached from here?" >&2
      exit 1
    }
  fi
} 9<node/package.json
