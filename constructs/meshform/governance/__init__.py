# SPDX-License-Identifier: Apache-2.0
"""Governance: rules over the model, and the findings they give."""
