# SPDX-License-Identifier: Apache-2.0
"""A workspace, real or local, through databricks-sdk: run steps and pipelines."""
