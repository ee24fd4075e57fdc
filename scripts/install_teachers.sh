#!/bin/sh
# Installs the free synthesisers that teach the corpus its words (Debian, Ubuntu). Not needed to use OmniTalker.
set -eu
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
$as_root apt-get update
$as_root apt-get install --yes --no-install-recommends \
    flite libflite1 \
    festival festvox-us-slt-hts festvox-kallpc16k festvox-kdlpc16k \
    espeak-ng libespeak-ng1 espeak-ng-data
