# SPDX-License-Identifier: Apache-2.0
"""Who reaches which classified column, by which route, and what hides it from them: the proof of coverage."""
