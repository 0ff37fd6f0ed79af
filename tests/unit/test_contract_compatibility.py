"""A change of a schema is found that its readers would not survive, and no other."""

import copy

import pytest

from cryptoviz.contract.compatibility import breaks
from cryptoviz.contract.current import current


@pytest.fixture(scope="module")
def schemas():
    return current()


@pytest.fixture
def old(schemas):
    return schemas["candles-changelog"]


@pytest.fixture
def new(old):
    return copy.deepcopy(old)


def fields(schema):
    return schema["$defs"]["Candle"]["properties"]


def test_the_same_schema_breaks_nobody(old, new):
    assert breaks(old, new) == []


def test_another_field_breaks_nobody(old, new):
    fields(new)["median"] = {"type": "number"}

    assert breaks(old, new) == []


def test_a_field_that_is_gone_breaks_its_readers(old, new):
    del fields(new)["close"]

    assert breaks(old, new) == ["close is gone"]


def test_a_field_that_may_be_missing_breaks_its_readers(old, new):
    new["$defs"]["Candle"]["required"].remove("close")

    assert breaks(old, new) == ["close may be missing"]


def test_a_field_of_another_type_breaks_its_readers(old, new):
    fields(new)["trades"] = {"type": "string"}

    assert breaks(old, new) == ["trades may be string, which it was not"]


def test_a_field_that_may_be_null_breaks_its_readers(old, new):
    fields(new)["close"] = {"anyOf": [{"type": "number"}, {"type": "null"}]}

    assert breaks(old, new) == ["close may be null, which it was not"]
    assert breaks(new, old) == []


def test_whole_numbers_are_numbers_but_not_the_other_way_round(old, new):
    fields(new)["close"] = {"type": "integer"}

    assert breaks(old, new) == []
    assert breaks(new, old) == ["close may be number, which it was not"]


def test_a_field_within_a_field_counts(old, new):
    fields(new)["offsets"]["additionalProperties"] = {"type": "string"}

    assert breaks(old, new) == ["offsets.* may be string, which it was not"]


def test_an_internal_field_is_nobodys_to_read(old, new):
    del fields(new)["sums"]

    assert breaks(old, new) == []


def test_another_alternative_breaks_its_readers(schemas):
    old = copy.deepcopy(schemas["crypto_configuration-changelog"])
    new = copy.deepcopy(old)
    new["$defs"]["Moved"] = {"title": "Moved", "properties": {"to": {"type": "string"}}}
    new["oneOf"].append({"$ref": "#/$defs/Moved"})

    assert breaks(old, new) == ["the value may be Moved object, which it was not"]
    assert breaks(new, old) == []


INT, TEXT = {"type": "integer"}, {"type": "string"}


def a_list(of=None):
    return {"type": "array"} | ({} if of is None else {"items": of})


def a_tuple(*of):
    return {"type": "array", "prefixItems": list(of), "items": False}


def a_map(of=None):
    return {"type": "object"} | ({} if of is None else {"additionalProperties": of})


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (a_map(INT), a_map(), "x.* may be anything, which it was not"),
        (a_list(INT), a_list(), "x[] may be anything, which it was not"),
        (a_list(INT), a_list(TEXT), "x[] may be string, which it was not"),
        (a_list(INT), a_tuple(INT, TEXT), "x[1] may be string, which it was not"),
        (a_tuple(INT, INT), a_tuple(INT), "x has fewer elements"),
        (a_tuple(INT), a_tuple(INT, INT), "x has more elements"),
        ({"const": "a"}, {"const": "b"}, "x may be b, which it was not"),
        ({"const": "a"}, {"enum": ["a", "b"]}, "x may be b, which it was not"),
        ({"enum": ["a", "b"]}, TEXT, "x may be another than a, b"),
        (TEXT | {"pattern": "a"}, TEXT, "x has the pattern None, which was a"),
        (TEXT | {"pattern": "a"}, TEXT | {"pattern": "b"}, "x has the pattern b, which was a"),
        (TEXT | {"format": "uuid"}, TEXT, "x has the format None, which was uuid"),
        (TEXT | {"maxLength": 3}, TEXT | {"maxLength": 4}, "x has the maxLength 4, which was 3"),
        (INT | {"minimum": 0}, INT, "x has the minimum None, which was 0"),
        (INT | {"minimum": 0}, INT | {"minimum": -1}, "x has the minimum -1, which was 0"),
        (INT, INT | {"$comment": "internal"}, "x is internal, which it was not"),
    ],
)
def test_what_a_value_may_be_more_than_before_breaks_its_readers(before, after, sentence):
    assert breaks(a_schema(before), a_schema(after)) == [sentence]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (a_map(), a_map(INT)),
        (a_list(), a_list(INT)),
        (a_list(INT), a_tuple(INT, INT)),
        ({"enum": ["a", "b"]}, {"const": "a"}),
        (TEXT, {"const": "a"}),
        (TEXT, TEXT | {"pattern": "a", "maxLength": 3}),
        (INT | {"minimum": 0, "maximum": 9}, INT | {"minimum": 1, "maximum": 8}),
        (INT | {"$comment": "internal"}, TEXT),
        (INT | {"$comment": "internal"}, INT),
    ],
)
def test_what_a_value_may_be_less_than_before_breaks_nobody(before, after):
    assert breaks(a_schema(before), a_schema(after)) == []


def a_schema(field):
    return {"title": "Row", "type": "object", "properties": {"x": field}}
