#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Deploys the example in a real workspace, plans again, and destroys it, also when something failed before.
# MESHFORM_LIVE_TEST_ENV chooses another personal environment; `local` tries this script itself.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${DATABRICKS_HOST:-}" ]; then
    echo 'live-test: DATABRICKS_HOST is not set, so there is no workspace to test with; nothing was done'
    exit 0
fi
MESHFORM_ENV=${MESHFORM_LIVE_TEST_ENV:-live-test}
export MESHFORM_ENV CI=true FORCE_COLOR=0

terraform() {
    stack=$1
    shift
    "$TERRAFORM_BINARY_NAME" -chdir="cdktf.out/stacks/$stack" "$@"
}

stacks=$(cdktf list | awk '/cdktf\.out\/stacks\// { print $1 }')
account=$(echo "$stacks" | grep '^account' || true)
if [ -z "$account" ]; then
    echo "live-test: cdktf listed no stacks for the environment $MESHFORM_ENV" >&2
    exit 1
fi
# The account stack serves every environment: it is destroyed only when this run was the first to deploy it.
terraform "$account" init -input=false >/dev/null
ours='*'
if [ -n "$(terraform "$account" state list 2>/dev/null || true)" ]; then
    ours="*-$MESHFORM_ENV"
    echo "live-test: $account was deployed before and will stay"
fi

destroy() {
    code=$?
    trap - EXIT INT TERM
    cdktf destroy "$ours" --auto-approve || code=1
    exit "$code"
}
trap destroy EXIT
trap 'exit 130' INT TERM

cdktf deploy '*' --auto-approve
for stack in $stacks; do
    # 0: no changes; 2: changes; 1: an error.
    if ! terraform "$stack" plan -input=false -detailed-exitcode -no-color; then
        echo "live-test: the plan of $stack after its deployment is not empty" >&2
        exit 1
    fi
done
echo 'live-test: deployed, and planned without changes; now destroying'
