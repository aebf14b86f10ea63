# SPDX-License-Identifier: Apache-2.0
"""Meshform: a data mesh on Databricks as code.

    from meshform import Consumer, DataProduct, Domain, Environment, GovernancePolicy, Mesh

Names are imported when they are first used: the command line must start without Node, which the constructs
need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meshform.bridge import Construct
    from meshform.data_product import DataProduct
    from meshform.domain import Domain
    from meshform.governance.rules.access import AccessApproved, AccessEnds, ConsumersAreGroups
    from meshform.governance.rules.classification import ColumnsClassified
    from meshform.governance.rules.contracts import ColumnsDescribed, MinimumContract, ServiceLevelPresent
    from meshform.governance.rules.domains import OwnerIsGroup, SupportPath
    from meshform.governance.rules.lifecycle import DeprecationAnnounced, SemanticVersions
    from meshform.governance.rules.making import InputsAllowed, TablesMadeBy
    from meshform.governance.rules.naming import NamesMatch
    from meshform.governance.rules.ownership import ManagersAreGroups, PrivilegesLimited
    from meshform.governance.rules.protection import ClassifiedColumnsMasked, PipelinesReadClear
    from meshform.governance.rules.quality import PrimaryKeyDeclared, QualityRulesPresent
    from meshform.governance.rules.rows import RowFilterRequired
    from meshform.governance.rules.runs import CostCenterPresent, RunsAsOwnPrincipal, WarehouseLimits
    from meshform.governance.rules.service_levels import RetentionSet, ServiceLevelsPlausible
    from meshform.governance.rules.shares import SharesExclude
    from meshform.governance.rules.sharing import DataStaysIn, RecipientsLimited
    from meshform.governance.rules.tags import TagRequired
    from meshform.governance_policy import GovernancePolicy
    from meshform.mesh import Mesh
    from meshform.model.catalogs import SharedCatalog, WorkspaceBinding
    from meshform.model.consumer import Consumer
    from meshform.model.contract import Column, Contract
    from meshform.model.domain import Platform, Warehouse
    from meshform.model.environment import Environment
    from meshform.model.findings import Finding, MeshformError, Place, Severity
    from meshform.model.inputs import (
        ExternalConnection,
        ExternalTable,
        ExternalVolume,
        MountedShare,
        PortReference,
    )
    from meshform.model.manifest_file import from_manifest
    from meshform.model.masks import (
        BucketMask,
        ConstantMask,
        DateMask,
        EmailMask,
        HashMask,
        NullMask,
        PartialMask,
    )
    from meshform.model.monitoring import Monitoring, Profile
    from meshform.model.own_rule import rule
    from meshform.model.policy import Classification, MaskFunction, RowFilter
    from meshform.model.ports import Elsewhere, Function, ManagedTable
    from meshform.model.principals import Group, ServicePrincipal
    from meshform.model.product import Job, Pipeline, Retention, Volume
    from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct, ResolvedTable
    from meshform.model.row_filters import GroupsFilter, MappingFilter, ValuesFilter
    from meshform.model.rule import Rule
    from meshform.model.schedule import Schedule
    from meshform.model.share import PartitionValue, Recipient, Share, SharedObject
    from meshform.model.support import Destination, Support
    from meshform.model.waiver import Waiver

_FILTERS = "meshform.model.row_filters"
_MASKS = "meshform.model.masks"
_PORTS = "meshform.model.ports"
_RULES = "meshform.governance.rules"
_INPUTS = "meshform.model.inputs"
_RESOLVED = "meshform.model.resolved"
_SHARE = "meshform.model.share"
_PRODUCT = "meshform.model.product"
_HOME = {
    "AccessApproved": f"{_RULES}.access",
    "AccessEnds": f"{_RULES}.access",
    "BucketMask": _MASKS,
    "Classification": "meshform.model.policy",
    "ClassifiedColumnsMasked": f"{_RULES}.protection",
    "Column": "meshform.model.contract",
    "ColumnsClassified": f"{_RULES}.classification",
    "ColumnsDescribed": f"{_RULES}.contracts",
    "ConstantMask": _MASKS,
    "Construct": "meshform.bridge",
    "Consumer": "meshform.model.consumer",
    "ConsumersAreGroups": f"{_RULES}.access",
    "Contract": "meshform.model.contract",
    "CostCenterPresent": f"{_RULES}.runs",
    "DataProduct": "meshform.data_product",
    "DataStaysIn": f"{_RULES}.sharing",
    "DateMask": _MASKS,
    "DeprecationAnnounced": f"{_RULES}.lifecycle",
    "Destination": "meshform.model.support",
    "Domain": "meshform.domain",
    "Elsewhere": _PORTS,
    "EmailMask": _MASKS,
    "Environment": "meshform.model.environment",
    "ExternalConnection": _INPUTS,
    "ExternalTable": _INPUTS,
    "ExternalVolume": _INPUTS,
    "Finding": "meshform.model.findings",
    "Function": _PORTS,
    "GovernancePolicy": "meshform.governance_policy",
    "Group": "meshform.model.principals",
    "GroupsFilter": _FILTERS,
    "HashMask": _MASKS,
    "InputsAllowed": f"{_RULES}.making",
    "Job": _PRODUCT,
    "ManagedTable": _PORTS,
    "ManagersAreGroups": f"{_RULES}.ownership",
    "MappingFilter": _FILTERS,
    "MaskFunction": "meshform.model.policy",
    "Mesh": "meshform.mesh",
    "MeshformError": "meshform.model.findings",
    "MinimumContract": f"{_RULES}.contracts",
    "Monitoring": "meshform.model.monitoring",
    "MountedShare": _INPUTS,
    "NamesMatch": f"{_RULES}.naming",
    "NullMask": _MASKS,
    "OwnerIsGroup": f"{_RULES}.domains",
    "PartialMask": _MASKS,
    "PartitionValue": _SHARE,
    "Pipeline": _PRODUCT,
    "PipelinesReadClear": f"{_RULES}.protection",
    "Place": "meshform.model.findings",
    "Platform": "meshform.model.domain",
    "PortReference": _INPUTS,
    "PrimaryKeyDeclared": f"{_RULES}.quality",
    "PrivilegesLimited": f"{_RULES}.ownership",
    "QualityRulesPresent": f"{_RULES}.quality",
    "Profile": "meshform.model.monitoring",
    "Recipient": _SHARE,
    "RecipientsLimited": f"{_RULES}.sharing",
    "ResolvedDomain": _RESOLVED,
    "ResolvedMesh": _RESOLVED,
    "ResolvedProduct": _RESOLVED,
    "ResolvedTable": _RESOLVED,
    "Retention": _PRODUCT,
    "RetentionSet": f"{_RULES}.service_levels",
    "RowFilter": "meshform.model.policy",
    "RowFilterRequired": f"{_RULES}.rows",
    "Rule": "meshform.model.rule",
    "RunsAsOwnPrincipal": f"{_RULES}.runs",
    "SemanticVersions": f"{_RULES}.lifecycle",
    "Schedule": "meshform.model.schedule",
    "ServiceLevelPresent": f"{_RULES}.contracts",
    "ServiceLevelsPlausible": f"{_RULES}.service_levels",
    "ServicePrincipal": "meshform.model.principals",
    "Severity": "meshform.model.findings",
    "Share": _SHARE,
    "SharedCatalog": "meshform.model.catalogs",
    "SharedObject": _SHARE,
    "SharesExclude": f"{_RULES}.shares",
    "Support": "meshform.model.support",
    "SupportPath": f"{_RULES}.domains",
    "TablesMadeBy": f"{_RULES}.making",
    "TagRequired": f"{_RULES}.tags",
    "ValuesFilter": _FILTERS,
    "Volume": _PRODUCT,
    "Waiver": "meshform.model.waiver",
    "Warehouse": "meshform.model.domain",
    "WarehouseLimits": f"{_RULES}.runs",
    "WorkspaceBinding": "meshform.model.catalogs",
    "from_manifest": "meshform.model.manifest_file",
    "rule": "meshform.model.own_rule",
}

__all__ = [
    "AccessApproved",
    "AccessEnds",
    "BucketMask",
    "Classification",
    "ClassifiedColumnsMasked",
    "Column",
    "ColumnsClassified",
    "ColumnsDescribed",
    "ConstantMask",
    "Construct",
    "Consumer",
    "ConsumersAreGroups",
    "Contract",
    "CostCenterPresent",
    "DataProduct",
    "DataStaysIn",
    "DateMask",
    "DeprecationAnnounced",
    "Destination",
    "Domain",
    "Elsewhere",
    "EmailMask",
    "Environment",
    "ExternalConnection",
    "ExternalTable",
    "ExternalVolume",
    "Finding",
    "Function",
    "GovernancePolicy",
    "Group",
    "GroupsFilter",
    "HashMask",
    "InputsAllowed",
    "Job",
    "ManagedTable",
    "ManagersAreGroups",
    "MappingFilter",
    "MaskFunction",
    "Mesh",
    "MeshformError",
    "MinimumContract",
    "Monitoring",
    "MountedShare",
    "NamesMatch",
    "NullMask",
    "OwnerIsGroup",
    "PartialMask",
    "PartitionValue",
    "Pipeline",
    "PipelinesReadClear",
    "Place",
    "Platform",
    "PortReference",
    "PrimaryKeyDeclared",
    "PrivilegesLimited",
    "Profile",
    "QualityRulesPresent",
    "Recipient",
    "RecipientsLimited",
    "ResolvedDomain",
    "ResolvedMesh",
    "ResolvedProduct",
    "ResolvedTable",
    "Retention",
    "RetentionSet",
    "RowFilter",
    "RowFilterRequired",
    "Rule",
    "RunsAsOwnPrincipal",
    "Schedule",
    "SemanticVersions",
    "ServiceLevelPresent",
    "ServiceLevelsPlausible",
    "ServicePrincipal",
    "Severity",
    "Share",
    "SharedCatalog",
    "SharedObject",
    "SharesExclude",
    "Support",
    "SupportPath",
    "TablesMadeBy",
    "TagRequired",
    "ValuesFilter",
    "Volume",
    "Waiver",
    "Warehouse",
    "WarehouseLimits",
    "WorkspaceBinding",
    "from_manifest",
    "rule",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
