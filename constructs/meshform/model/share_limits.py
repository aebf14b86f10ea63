# SPDX-License-Identifier: Apache-2.0
"""What Databricks allows of shares and recipients, for the mesh and for the local workspace alike.

Source: Databricks documentation, "Restrict Delta Sharing recipient access using IP access lists", REST API
reference of recipients.
"""

import re

MOST_ADDRESSES = 100
METASTORE_ID = re.compile(r"(aws|azure|gcp):[a-z0-9-]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_DATABRICKS = "databricks."
"""How the properties begin that Databricks sets itself."""
