import json

import pytest

from cryptoviz.records import Alert, Code, Rules
from cryptoviz.records.alert import reader
from cryptoviz.records.rejection import RejectionError

T_S = 1_764_310_293


def read(**changes):
    message = {
        "pair": "BTC/USD",
        "last": 34000,
        "change": 1.2,
        "threshold": 1,
        "timestamp": T_S,
    } | changes
    return reader(Rules())(json.dumps(message).encode(), T_S * 1000)


def test_an_alert_is_read_with_all_its_fields():
    assert read() == Alert("BTC/USD", 34000, 1.2, 1, T_S)


@pytest.mark.parametrize(
    ("change", "kind"),
    [(1.2, "PRICE_UP"), ("3", "PRICE_UP"), (0, "PRICE_UP"), (-1.2, "PRICE_DOWN")],
)
def test_the_sign_of_the_change_is_the_kind(change, kind):
    assert read(change=change).kind == kind


def test_a_threshold_may_have_either_sign():
    assert read(threshold=-1).threshold == -1


@pytest.mark.parametrize("field", ["pair", "last", "change", "threshold", "timestamp"])
def test_every_field_must_be_there(field):
    with pytest.raises(RejectionError, match=f"{field} must be there, was null") as caught:
        read(**{field: None})

    assert caught.value.code == Code.MISSING_FIELD


@pytest.mark.parametrize("field", ["last", "change", "threshold"])
def test_its_numbers_must_be_finite(field):
    with pytest.raises(RejectionError, match=f"{field} must be a finite number"):
        read(**{field: float("nan")})
