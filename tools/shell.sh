#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Opens the user's shell with the environment set; bash reads it after the user's own start file, which may
# change PATH again.
cd "$(dirname "$0")/.."
. .meshform/env.sh
echo "MESHFORM_ENV is $MESHFORM_ENV; leave with: exit"
case ${SHELL:-/bin/sh} in
*/bash)
    printf '%s\n' '[ -f ~/.bashrc ] && . ~/.bashrc' ". '$PWD/.meshform/env.sh'" >.meshform/bashrc
    exec "$SHELL" --rcfile .meshform/bashrc -i
    ;;
*) exec "${SHELL:-/bin/sh}" -i ;;
esac
