# SPDX-License-Identifier: Apache-2.0
"""From the model to Terraform: blocks for the Databricks provider, checked against its schema."""
