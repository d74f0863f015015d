#!/usr/bin/env bash
# Makes the image that the Dockerfile begins with, where no registry of images can be reached: base.sh NAME MAJOR SUITE FOLDER.
# It is Debian as debootstrap lays it out, with that Node and an npm from npm's registry; FOLDER is for what is in between.
set -euo pipefail
name=$1 major=$2 suite=$3 folder=$4

container=$(buildah from scratch)
root=$(buildah mount "$container")
# libatomic1: Node is linked against it from 26 on, and the image brings it along.
debootstrap --variant=minbase --include=libatomic1 "$suite" "$root"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,locale,man}

arch=$(node -p process.arch)
npm install --global --prefix "$root/usr/local" --ignore-scripts --no-audit --no-fund npm@11
npm install --prefix "$folder/node" --ignore-scripts --no-audit --no-fund "node-linux-$arch@$major"
cp "$folder/node/node_modules/node-linux-$arch/bin/node" "$root/usr/local/bin/node"

# What a Dockerfile that sets an entrypoint must not inherit.
buildah config --cmd node "$container"
buildah umount "$container" >/dev/null
buildah commit --quiet --rm "$container" "$name"
