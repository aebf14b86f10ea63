# SPDX-License-Identifier: Apache-2.0
"""The local workspace: one store that plays Databricks, with a Terraform door and a REST door."""
