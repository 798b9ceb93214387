# Sourced: buildah and podman with a storage of their own, so that nothing of the machine's is used or changed.
#
#   TOKENFORGE_IMAGE_STORAGE   where (default: .dev/image)
#   STORAGE_DRIVER             overlay, or vfs where the kernel has no overlay (found by trying)
STORAGE=${TOKENFORGE_IMAGE_STORAGE:-$ROOT/.dev/image}
mkdir -p "$STORAGE"
if [[ -z ${STORAGE_DRIVER:-} ]]; then
  STORAGE_DRIVER=vfs
  mkdir -p "$STORAGE/try"/{lower,upper,work,merged}
  if mount -t overlay overlay -o "lowerdir=$STORAGE/try/lower,upperdir=$STORAGE/try/upper,workdir=$STORAGE/try/work" \
    "$STORAGE/try/merged" 2>/dev/null; then
    umount "$STORAGE/try/merged"
    STORAGE_DRIVER=overlay
  fi
  rm -rf -- "$STORAGE/try"
fi
export STORAGE_DRIVER
stored() { "$1" --root "$STORAGE/root" --runroot "$STORAGE/run" "${@:2}"; }
buildah_() { stored buildah "$@"; }
# runc: Debian's crun refuses machines that have cgroups of both versions.
podman_() { stored podman --runtime runc "$@"; }
