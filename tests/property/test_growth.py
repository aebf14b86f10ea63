# SPDX-License-Identifier: Apache-2.0
"""Whatever people do to a mesh, with its lock nothing that holds data is destroyed without two keys."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.meshes import LOCAL, PROD, contract, domain, evaluated, mesh, product, table, view

from meshform.model.findings import MeshformError
from meshform.model.lock import EMPTY
from meshform.model.product import Volume
from meshform.model.share import Recipient, Share
from meshform.terraform.compile import compile_mesh

DATA = (
    "databricks_catalog",
    "databricks_pipeline",
    "databricks_recipient",
    "databricks_schema",
    "databricks_share",
    "databricks_sql_table",
    "databricks_volume",
)
NAMES = st.sampled_from(["a", "b", "c"])
DOMAINS = st.sampled_from(["sales", "finance"])


@dataclass
class Declared:
    """A mesh that is edited: products by domain and name, each with volumes and their former names."""

    domains: dict[str, dict[str, dict]] = field(default_factory=lambda: {"sales": {}, "finance": {}})
    schemas: set[str] = field(default_factory=set)
    retired: set[str] = field(default_factory=set)
    allow: bool = False

    def copy(self):
        """Another one that is equal."""
        domains = {d: {n: dict(p) for n, p in products.items()} for d, products in self.domains.items()}
        return Declared(domains, set(self.schemas), set(self.retired), self.allow)

    def spec(self):
        """The mesh."""
        parts = []
        for name, products in self.domains.items():
            schemas = {"bronze": "", "gold": "", **dict.fromkeys(sorted(self.schemas), "")}
            retired = tuple(
                one.partition(".")[2] for one in sorted(self.retired) if one.startswith(name + ".")
            )
            parts.append(domain(name, schemas=schemas, retired=retired))
            parts += [_product(name, key, one) for key, one in products.items()]
        gone = tuple(one for one in sorted(self.retired) if "." not in one)
        prod = PROD.model_copy(update={"allow_removal": self.allow})
        return mesh(*parts, environments=(LOCAL, prod), retired=gone)


def _product(of, name, one):
    share = Share(name=one["share"], ports=(one["table"],), recipients=(Recipient(name=f"to_{of}"),))
    return product(
        f"{of}.{name}",
        contract=contract(table(one["table"]), view(one["table"] + "_v")),
        views={one["table"] + "_v": f"SELECT id FROM {one['table']}"},  # noqa: S608 - not run
        volumes=tuple(
            Volume(name=n, schema_name="bronze", renamed_from=f) for n, f in one["volumes"].items()
        ),
        shares=(share,) if one["share"] else (),
        renamed_from=one["was"],
    )


EDITS = st.one_of(
    st.tuples(st.just("add"), DOMAINS, NAMES),
    st.tuples(st.just("drop"), DOMAINS, NAMES),
    st.tuples(st.just("rename"), DOMAINS, NAMES, NAMES, st.booleans()),
    st.tuples(st.just("table"), DOMAINS, NAMES, NAMES),
    st.tuples(st.just("volume"), DOMAINS, NAMES, NAMES, st.booleans()),
    st.tuples(st.just("share"), DOMAINS, NAMES, NAMES),
    st.tuples(st.just("schema"), NAMES),
    st.tuples(st.just("close"), DOMAINS),
    st.tuples(st.just("open"), DOMAINS),
    st.tuples(st.sampled_from(["retire", "forget"]), DOMAINS | st.tuples(DOMAINS, NAMES).map(".".join)),
    st.tuples(st.just("allow")),
    st.tuples(st.just("deploy")),
)


def _edit(mesh_, edit):
    """The mesh after an edit; an edit that does not fit changes nothing."""
    new = mesh_.copy()
    kind, *rest = edit
    products = new.domains.get(rest[0].partition(".")[0]) if rest else None
    one = products.get(rest[1]) if products and len(rest) > 1 else None
    if kind == "add" and products is not None:
        of, name = rest
        products.setdefault(
            name,
            {"table": f"t_{name}", "volumes": {f"raw_{name}": None}, "share": f"{of}_{name}", "was": None},
        )
    elif kind == "drop" and one:
        del products[rest[1]]
    elif kind == "rename" and one and rest[2] not in products:
        products[rest[2]] = {**products.pop(rest[1]), "was": rest[1] if rest[3] else None}
    elif kind == "table" and one:
        one["table"] = f"t_{rest[2]}"
    elif kind == "volume" and one:
        one["volumes"] = {f"raw_{rest[2]}": next(iter(one["volumes"]), None) if rest[3] else None}
    elif kind == "share" and one:
        one["share"] = "" if one["share"] else f"{rest[0]}_{rest[2]}"
    elif kind == "schema":
        new.schemas ^= {rest[0]}
    elif kind == "close":
        new.domains.pop(rest[0], None)
    elif kind == "open":
        new.domains.setdefault(rest[0], {})
    elif kind == "retire":
        new.retired.add(rest[0])
        of, _, name = rest[0].partition(".")
        if name and products is not None:
            products.pop(name, None)
        elif not name:
            new.domains.pop(of, None)
    elif kind == "forget":
        new.retired.discard(rest[0])
    elif kind == "allow":
        new.allow = not new.allow
    return new


def _planned(made, state):
    """What Terraform's state holds after an apply, and what that destroys: `moved` first, then `removed`."""
    after, destroyed = {}, set()
    for name in {*state, *made.stacks}:
        blocks = made.stacks[name].blocks if name in made.stacks else {}
        held = set(state.get(name, ()))
        moves = {one["from"]: one["to"] for one in blocks.get("moved", ())}
        assert len(set(moves.values())) == len(moves), "two objects would move to one address"
        for address in sorted(held):
            end, seen = address, set()
            while end in moves:
                assert end not in seen, "a circle of moves"
                seen.add(end)
                end = moves[end]
            if end != address and end not in held:
                held = held - {address} | {end}
        there = {f"{t}.{n}" for t, bodies in blocks.get("resource", {}).items() for n in bodies}
        removed = {one["from"] for one in blocks.get("removed", ())}
        assert not there & removed, "an object is removed and declared"
        assert not there & moves.keys(), "an object is moved away and declared"
        if name in made.stacks:
            destroyed |= {(name, address) for address in held - there - removed if address.startswith(DATA)}
            after[name] = {address for address in there if address.startswith(DATA)}
        else:
            after[name] = held  # a stack that is not synthesized is not deployed: nothing happens to it
    return after, destroyed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EDITS, min_size=1, max_size=14), st.booleans())
def test_nothing_that_holds_data_is_destroyed(edits, allow):
    """Each edit is refused, or covered by what stays, moves or is let go of; deployed now and then."""
    now, lock, state = Declared(allow=allow), EMPTY, {}
    for edit in [("add", "sales", "a"), ("add", "finance", "b"), ("deploy",), *edits, ("deploy",)]:
        if edit[0] == "deploy":
            made = compile_mesh(evaluated(now.spec(), "prod"), lock)
            state, destroyed = _planned(made, state)
            assert destroyed == set()
            lock = made.lock.deployed("prod")
            continue
        new = _edit(now, edit)
        try:
            evaluation = evaluated(new.spec(), "prod")
            made = compile_mesh(evaluation, lock)
        except MeshformError:
            continue  # refused: the mesh stays as it was
        _, destroyed = _planned(made, state)
        assert destroyed == set()
        now, lock = new, made.lock
