# SPDX-License-Identifier: Apache-2.0
"""The model: values only. Imports nothing of Meshform outside itself."""
