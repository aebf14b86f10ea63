#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Deploys the example in a real workspace, plans again, and destroys it, also when something failed before.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${DATABRICKS_HOST:-}" ]; then
    echo 'live-test: DATABRICKS_HOST is not set, so there is no workspace to test with; nothing was done'
    exit 0
fi
export MESHFORM_ENV=live-test CI=true
stacks=$(cdktf list --no-color | sed -n 's/^\([a-z][a-z0-9-]*-live-test\) .*/\1/p')
if [ -z "$stacks" ]; then
    echo 'live-test: the mesh has no environment live-test' >&2
    exit 1
fi

destroy() {
    code=$?
    trap - EXIT INT TERM
    cdktf destroy '*' --auto-approve --no-color || code=1
    exit "$code"
}
trap destroy EXIT
trap 'exit 130' INT TERM

cdktf deploy '*' --auto-approve --no-color
for stack in $stacks; do
    # 0: no changes; 2: changes; 1: an error.
    if ! "$TERRAFORM_BINARY_NAME" -chdir="cdktf.out/stacks/$stack" plan -input=false -detailed-exitcode -no-color; then
        echo "live-test: the plan of $stack after its deployment is not empty" >&2
        exit 1
    fi
done
echo 'live-test: deployed, planned without changes; now destroying'
