#!/usr/bin/env bash
# Builds the base image of the Dockerfile without an image registry: base.sh NAME MAJOR SUITE FOLDER.
# It has Debian from debootstrap, and Node and npm from npm's registry. FOLDER is for temporary files.
set -euo pipefail
name=$1 major=$2 suite=$3 folder=$4

container=$(buildah from scratch)
root=$(buildah mount "$container")
# Node 26 and newer need libatomic1, which the official image contains.
debootstrap --variant=minbase --include=libatomic1 "$suite" "$root"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,locale,man}

arch=$(node -p process.arch)
npm install --global --prefix "$root/usr/local" --ignore-scripts --no-audit --no-fund npm@11
npm install --prefix "$folder/node" --ignore-scripts --no-audit --no-fund "node-linux-$arch@$major"
cp "$folder/node/node_modules/node-linux-$arch/bin/node" "$root/usr/local/bin/node"

# The test checks that a Dockerfile with an entrypoint does not inherit this command.
buildah config --cmd node "$container"
buildah umount "$container" >/dev/null
buildah commit --quiet --rm "$container" "$name"
