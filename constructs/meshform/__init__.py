# SPDX-License-Identifier: Apache-2.0
"""Meshform: a data mesh on Databricks as code."""
