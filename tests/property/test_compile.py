# SPDX-License-Identifier: Apache-2.0
"""What holds for every mesh and every stack: addresses, order, and the same result for any order of input."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.meshes import (
    at,
    column,
    compiled,
    contract,
    filter_policy,
    group_consumer,
    mask_policy,
    mesh,
    port,
    product,
    product_consumer,
    resources,
    table,
)

from meshform.terraform.stack import Phase, Rank, Stack, local_name

PARTS = st.lists(st.text(alphabet="ab_-.1é ", max_size=5), min_size=1, max_size=4).map(tuple)
RANKS = st.builds(Rank, st.integers(0, 3), st.sampled_from(Phase))


@given(st.lists(PARTS, min_size=2, max_size=30, unique=True))
def test_two_objects_never_share_an_address(all_parts):
    """Whatever they are called, also where the joint stands inside a name."""
    names = [local_name(*parts) for parts in all_parts]
    assert len(set(names)) == len(names)


@given(PARTS)
def test_an_address_is_what_terraform_takes(parts):
    """A letter or `_`, then letters, digits, `_` and `-`."""
    name = local_name(*parts)
    assert name.isascii()
    assert name[0].isalpha() or name[0] == "_"
    assert all(character.isalnum() or character in "_-" for character in name)


@given(st.lists(st.tuples(RANKS, st.booleans()), max_size=25), st.randoms(use_true_random=False))
def test_a_step_is_a_barrier_in_every_stack(ranked, random):
    """Each block is before or after each step, ranks are kept, and no block is before itself."""
    stack = Stack("s")
    order = list(enumerate(ranked))
    random.shuffle(order)
    for i, (rank, is_step) in order:
        if is_step:
            stack.step(f"s{i}", {}, at(i), rank=rank)
        else:
            stack.resource("databricks_job", f"r{i}", {}, at(i), rank=rank)
    needs = {block.address: set(block.body.get("depends_on", ())) for block in stack.with_dependencies()}
    before = _closure(needs)
    blocks = stack.blocks
    for address, block in blocks.items():
        assert address not in before[address]
        if not block.is_step:
            continue
        for other, other_block in blocks.items():
            if other == address:
                continue
            assert (other in before[address]) != (address in before[other])
            if other_block.rank != block.rank:
                assert (other in before[address]) == (other_block.rank < block.rank)


def _closure(needs):
    """By address, everything that is made before it; a circle shows as an address before itself."""
    before = {}
    for start in needs:
        found, pending = set(), list(needs[start])
        while pending:
            one = pending.pop()
            if one not in found:
                found.add(one)
                pending += needs[one]
        before[start] = found
    return before


def _parts(reads):
    """Six products of two domains; `reads` says which earlier product each one reads, if any."""
    consumers = {i: [] for i in range(6)}
    for i, other in enumerate(reads):
        if other is not None and other < i:
            consumers[other].append(i)
    made = []
    for i, other in enumerate(reads):
        tables = (
            table(f"t{i}", column(classification="personal", tags=("row_filter=home",))),
            table(f"t{i}", schema_name="silver"),
        )
        inputs = (port(f"{_domain(other)}.p{other}.t{other}"),) if other is not None and other < i else ()
        readers = [product_consumer(f"{_domain(c)}.p{c}", f"t{i}") for c in consumers[i]]
        made.append(
            product(
                f"{_domain(i)}.p{i}",
                contract=contract(*tables),
                inputs=inputs,
                consumers=(group_consumer(f"t{i}"), *readers),
            )
        )
    return made


def _domain(i):
    """The later half reads the earlier, so that domains are in no circle."""
    return "early" if i < 3 else "late"


READS = st.lists(st.none() | st.integers(0, 5), min_size=6, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(READS, st.randoms(use_true_random=False))
def test_every_mesh_is_protected_before_it_is_read(reads, random):
    """In every stack: no circle; functions, policies, pipeline and tags come before SELECT on a table."""
    parts = _parts(reads)
    random.shuffle(parts)
    policies = (mask_policy(), filter_policy("home", of="early"), filter_policy("home", of="late"))
    stacks = compiled(mesh(*parts, *policies), "prod").stacks
    for domain in ("early", "late"):
        made = resources(stacks[f"{domain}-prod"])
        needs = {a: {d for d in body.get("depends_on", ()) if d in made} for a, body in made.items()}
        before = _closure(needs)
        assert all(address not in before[address] for address in made)
        for address in made:
            if address.startswith("databricks_grants.table__gold__t"):
                i = address.removeprefix("databricks_grants.table__gold__t")
                assert {
                    "terraform_data.functions",
                    f"databricks_policy_info.{domain}__filter_home",
                    f"terraform_data.run__p{i}",
                    f"databricks_entity_tag_assignment.gold__t{i}__id__classification",
                    f"databricks_entity_tag_assignment.gold__t{i}__id__row_filter",
                } <= before[address]
        for i, other in enumerate(reads):
            same = other is not None and other < i and _domain(other) == _domain(i) == domain
            if same:
                grant = f"databricks_grants.table__gold__t{other}"
                assert grant in before[f"terraform_data.run__p{i}"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(READS, st.randoms(use_true_random=False))
def test_the_order_of_declarations_does_not_reach_the_blocks(reads, random):
    """The same products and policies in another order give the same stacks in the same order."""
    policies = [mask_policy(), filter_policy("home", of="early"), filter_policy("home", of="late")]
    parts = [*_parts(reads), *policies]
    first = compiled(mesh(*parts), "dev").stacks
    random.shuffle(parts)
    second = compiled(mesh(*parts), "dev").stacks
    assert list(first) == list(second)
    assert first == second
