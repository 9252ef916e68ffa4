"""What may lie in a model file: beside the library that defines the format, and in broken bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import tiny_plugins as tiny
from homeward.descriptors.onnx_file import check_model
from homeward.descriptors.plugin import PluginRefused

SOUND = [tiny.thumbnail(), tiny.corners(), tiny.corners(bits=True), tiny.matcher()]


def graph(nodes: list[Any], constants: list[Any] | None = None) -> Any:
    value = helper.make_tensor_value_info
    return helper.make_graph(
        nodes, "g", [value("x", TensorProto.FLOAT, [1])], [value("y", TensorProto.FLOAT, None)], constants or []
    )


def model(made: Any, **more: Any) -> bytes:
    return bytes(helper.make_model(made, ir_version=8, **more).SerializeToString())


def inner(node: Any) -> Any:
    """The node inside a branch of an If."""
    branch = helper.make_graph([node], "b", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)])
    return helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)


def elsewhere(place: int = TensorProto.EXTERNAL, named: bool = True) -> Any:
    tensor = numpy_helper.from_array(np.zeros(1, np.float32), "w")
    tensor.ClearField("raw_data")
    tensor.data_location = place
    if named:
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "/etc/passwd"
    return tensor


@pytest.mark.parametrize("data", SOUND)
def test_sound_models_pass(data: bytes) -> None:
    assert forbidden(onnx.load_from_string(data)) == set()
    check_model(data)


def test_what_is_left_of_training_draws_nothing_and_passes() -> None:
    for inputs in (["x"], ["x", "share"], ["x", "share", ""]):
        check_model(model(graph([helper.make_node("Dropout", inputs, ["y"])])))


IDENTITY = helper.make_node("Identity", ["x"], ["y"])
CONSTANT = helper.make_node("Constant", [], ["z"], value=elsewhere())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (model(graph([IDENTITY], [elsewhere()])), "in other files"),
        (model(graph([IDENTITY], [elsewhere(named=False)])), "in other files"),
        (model(graph([IDENTITY], [elsewhere(TensorProto.DEFAULT)])), "in other files"),
        (model(graph([CONSTANT])), "in other files"),
        (model(graph([inner(CONSTANT)])), "in other files"),
        (model(graph([helper.make_node("Gelu", ["x"], ["y"], domain="com.microsoft")])), "not of the standard"),
        (model(graph([inner(helper.make_node("Mine", ["x"], ["z"], domain="me"))])), "not of the standard"),
        (model(graph([IDENTITY]), opset_imports=[helper.make_opsetid("ai.onnx.ml", 3)]), "not of the standard"),
        (model(graph([helper.make_node("RandomNormal", [], ["y"], shape=[1])])), "at random"),
        (model(graph([inner(helper.make_node("Bernoulli", ["x"], ["z"]))])), "at random"),
        (model(graph([helper.make_node("Dropout", ["x", "", "trained"], ["y"])])), "at random"),
        (
            model(graph([IDENTITY]), functions=[helper.make_function("me", "f", ["x"], ["y"], [IDENTITY], [])]),
            "functions of its own",
        ),
        (b"", "holds no graph"),
        (b"\x08\x08", "holds no graph"),
        (b"\x00\x00\x00\x00ORTM" + bytes(40), "another format"),
        (b"\x3b" + bytes(40), "make no sense"),
        (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "make no sense"),
        (b"PK\x03\x04" + bytes(60), "make no sense"),
        (b"\x80\x04\x95" + bytes(60), "make no sense"),
    ],
)
def test_what_must_not_be_in_one_is_found(data: bytes, words: str) -> None:
    with pytest.raises(PluginRefused, match=words):
        check_model(data)


def test_a_training_plan_and_a_second_graph_are_found() -> None:
    trained = onnx.load_from_string(tiny.thumbnail())
    trained.training_info.add()
    with pytest.raises(PluginRefused, match="to be trained"):
        check_model(trained.SerializeToString())
    second = onnx.ModelProto()
    second.graph.CopyFrom(graph([CONSTANT]))
    with pytest.raises(PluginRefused, match="in other files"):
        check_model(tiny.thumbnail() + second.SerializeToString())


def test_an_enumeration_of_many_bytes_means_its_low_bits() -> None:
    """Protocol Buffers keep 32 bits of an enumeration, whatever is above them."""
    odd = b"\x70" + b"\x81\x80\x80\x80\x90\x01"  # field 14: 2**32 + 1, which is EXTERNAL
    tensor = onnx.TensorProto.FromString(odd)
    assert tensor.data_location in {TensorProto.EXTERNAL, 2**32 + 1}
    body = b"\x2a" + bytes([len(odd)]) + odd
    with pytest.raises(PluginRefused, match="in other files"):
        check_model(b"\x3a" + bytes([len(body)]) + body)


def test_graphs_in_graphs_have_an_end() -> None:
    body = b""
    for _ in range(60):
        attribute = b"\x32" + varint(len(body)) + body
        node = b"\x2a" + varint(len(attribute)) + attribute
        body = b"\x0a" + varint(len(node)) + node
    with pytest.raises(PluginRefused, match="without end"):
        check_model(b"\x3a" + varint(len(body)) + body)


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def forbidden(read: Any) -> set[str]:
    """What must not be in a model, as the library sees it."""
    found = {f"domain {one.domain}" for one in read.opset_import if one.domain not in {"", "ai.onnx"}}
    found |= {"functions" for _ in read.functions} | {"training" for _ in read.training_info}
    return found | _in_graph(read.graph)


def _in_graph(graph: Any) -> set[str]:
    tensors = [*graph.initializer, *(one for held in graph.sparse_initializer for one in (held.values, held.indices))]
    found = set()
    for node in graph.node:
        found |= {f"domain {node.domain}"} if node.domain not in {"", "ai.onnx"} else set()
        for attribute in node.attribute:
            tensors += [attribute.t, *attribute.tensors]
            for inside in [attribute.g, *attribute.graphs]:
                found |= _in_graph(inside)
    away = {"elsewhere" for one in tensors if one.external_data or one.data_location == TensorProto.EXTERNAL}
    return found | away


NEARLY = elsewhere(TensorProto.DEFAULT, named=False)
"""One bit away from data that lie elsewhere."""
MORE = [*SOUND, model(graph([inner(helper.make_node("Constant", [], ["z"], value=NEARLY))], [NEARLY]))]


@given(st.sampled_from(MORE), st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 255)), max_size=6), st.integers(0, 64))
def test_broken_bytes_end_in_an_answer(data: bytes, flips: list[tuple[int, int]], cut: int) -> None:
    broken = bytearray(data[: len(data) - cut])
    for at, mask in flips:
        broken[at % len(broken)] ^= mask
    try:
        check_model(bytes(broken))
    except PluginRefused as error:
        assert "\n" not in str(error)
        return
    try:
        read = onnx.load_from_string(bytes(broken))
    except DecodeError:
        return  # what no library reads does no harm
    assert forbidden(read) == set()


@given(st.binary(max_size=200))
def test_any_bytes_end_in_an_answer(data: bytes) -> None:
    try:
        check_model(data)
    except PluginRefused:
        return
    assert forbidden(onnx.load_from_string(data)) == set()
