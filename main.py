#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The cdktf app: `cdktf synth`, `diff` and `deploy` run it."""

import domains
import stacks

from meshform.cdk import App, readable_errors, synthesize

if __name__ == "__main__":
    with readable_errors():
        app = App()
        mesh = domains.declare(app)
        stacks.add(app, mesh)
        synthesize(app)
