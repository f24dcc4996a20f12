"""Settings described once: reading, limits, nearest names, and every registered group."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approximant.descent import (
    OPTIMIZERS,
    SCHEDULES,
    DescentSettings,
    Initialisation,
    Optimizer,
    Schedule,
)
from approximant.errors import SettingError
from approximant.settings import (
    as_mapping,
    checked,
    read_member,
    read_settings,
    rows,
    setting,
    unknown,
)


@dataclass(frozen=True)
class Oven:
    """A group with a setting of every kind."""

    label: str = setting(dataclasses.MISSING, "what is baked")
    degrees: float = setting(180.0, "how hot", least=20, below=300)
    minutes: int = setting(30, "how long", least=1)
    fan: bool = setting(False, "whether the air moves")
    shelf: str = setting("middle", "where", choices=("top", "middle", "bottom"))
    slots: int | str = setting(4, "how many", above=0, choices=("all",))
    pause: float | None = setting(None, "rest", most=5)

    def __post_init__(self) -> None:
        checked(self, "oven.")


@dataclass(frozen=True)
class Kitchen:
    oven: Oven = setting(Oven(label="bread"), "the oven")
    lights: int = setting(3, "how many lamps")


def oven(**values: Any) -> Oven:
    return read_settings(Oven, {"label": "cake", **values}, "oven.")


def test_values_are_converted_where_nothing_is_lost() -> None:
    made = oven(degrees=200, minutes=45.0, slots=np.int64(3), fan=np.True_, pause=2)
    assert made == Oven("cake", 200.0, 45, True, "middle", 3, 2.0)
    kinds = [type(getattr(made, field.name)) for field in dataclasses.fields(made)]
    assert kinds == [str, float, int, bool, str, int, float]
    assert oven(slots="all").slots == "all"
    assert oven().pause is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"degrees": 19.99}, r"oven\.degrees must be at least 20 and below 300; got 19\.99"),
        ({"degrees": 300}, "must be at least 20 and below 300; got 300"),
        ({"degrees": math.nan}, "got nan"),
        ({"degrees": math.inf}, "got inf"),
        ({"degrees": "hot"}, r"oven\.degrees must be a number; got 'hot'"),
        ({"degrees": True}, "must be a number; got True"),
        ({"degrees": None}, "must be a number; got None"),
        ({"degrees": 10**400}, r"oven\.degrees must be a number"),
        ({"degrees": [200]}, r"must be a number; got \[200\]"),
        ({"minutes": 0}, "must be at least 1; got 0"),
        ({"minutes": 1.5}, r"must be a whole number; got 1\.5"),
        ({"minutes": math.nan}, "must be a whole number; got nan"),
        ({"minutes": False}, "must be a whole number; got False"),
        ({"fan": 1}, "must be true or false; got 1"),
        ({"fan": "yes"}, "must be true or false; got 'yes'"),
        ({"shelf": "botom"}, r"Unknown oven\.shelf 'botom'; did you mean 'bottom'\?"),
        ({"shelf": "attic"}, "known are top, middle, bottom"),
        ({"shelf": 2}, "must be a text; got 2"),
        ({"slots": 0}, "must be above 0, or all; got 0"),
        ({"slots": "al"}, r"did you mean 'all'\?"),
        ({"slots": 2.5}, r"must be a whole number or a text; got 2\.5"),
        ({"pause": 6}, r"oven\.pause must be at most 5; got 6"),
        ({"degreez": 200}, r"Unknown setting 'oven\.degreez'; did you mean 'oven\.degrees'\?"),
        ({"zzz": 1}, r"Unknown setting 'oven\.zzz'"),
    ],
)
def test_bad_value_gives_one_clear_error(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        oven(**values)


def test_missing_setting_and_no_table_are_errors() -> None:
    with pytest.raises(SettingError, match=r"oven\.label is missing; it has no default"):
        read_settings(Oven, {}, "oven.")
    with pytest.raises(SettingError, match="oven must be a table of settings; got 3"):
        read_settings(Oven, 3, "oven.")  # type: ignore[arg-type]


def test_direct_construction_is_checked_like_reading() -> None:
    with pytest.raises(SettingError, match=r"oven\.minutes must be at least 1; got -5"):
        Oven(minutes=-5, label="cake")


def test_rows_show_name_default_limits_and_help() -> None:
    assert list(rows(Oven)) == [
        ("label", "", "", "what is baked"),
        ("degrees", "180", "at least 20 and below 300", "how hot"),
        ("minutes", "30", "at least 1", "how long"),
        ("fan", "false", "", "whether the air moves"),
        ("shelf", "middle", "one of top, middle, bottom", "where"),
        ("slots", "4", "above 0, or all", "how many"),
        ("pause", "none", "at most 5", "rest"),
    ]


def test_unknown_suggests_the_nearest_name_or_lists_all() -> None:
    assert "did you mean 'tanh'?" in str(unknown("activation", "tanhh", ["relu", "tanh"]))
    assert "did you mean 'tanh'?" in str(unknown("activation", "TANH", ["relu", "tanh"]))
    ends = ["training.seed", "training.dtype"]  # alike in nothing but where they stand
    assert "known are training.seed," in str(unknown("setting", "training.rate", ends))
    assert "known are relu, tanh." in str(unknown("activation", "qqq", ["relu", "tanh"]))


@dataclass(frozen=True)
class Pet:
    name: ClassVar[str]


@dataclass(frozen=True)
class Cat(Pet):
    name: ClassVar[str] = "cat"
    lives: int = setting(9, "how many", least=1)


@dataclass(frozen=True)
class Fish(Pet):
    name: ClassVar[str] = "fish"


PETS: dict[str, type[Pet]] = {"cat": Cat, "fish": Fish}


def test_member_is_read_from_name_mapping_or_itself() -> None:
    assert read_member(PETS, Pet, "cat", "pet") == Cat()
    assert read_member(PETS, Pet, {"name": "cat", "lives": 7}, "pet") == Cat(7)
    fish = Fish()
    assert read_member(PETS, Pet, fish, "pet") is fish


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("cta", r"Unknown pet 'cta'; did you mean 'cat'\?"),
        ({"name": "cat", "live": 3}, r"Unknown setting 'pet\.live'; did you mean 'pet\.lives'\?"),
        ({"name": "cat", "lives": 0}, r"pet\.lives must be at least 1; got 0"),
        ({"lives": 3}, "pet must be a name or settings with a name; .* Known are cat, fish"),
        (3, "pet must be a name or settings with a name; got 3"),
        (Cat, "pet must be a name or settings with a name"),
        ({"name": 3}, "pet must be a name or settings with a name"),
    ],
)
def test_bad_member_gives_one_clear_error(value: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        read_member(PETS, Pet, value, "pet")


def test_mapping_of_groups_within_groups_can_be_read_again() -> None:
    assert as_mapping(Kitchen()) == {
        "oven": {"label": "bread", "degrees": 180.0, "minutes": 30, "fan": False,
                 "shelf": "middle", "slots": 4},
        "lights": 3,
    }  # fmt: skip
    assert as_mapping(Cat(7)) == {"name": "cat", "lives": 7}
    assert read_member(PETS, Pet, as_mapping(Cat(7)), "pet") == Cat(7)


GROUPS = [DescentSettings, Initialisation, *OPTIMIZERS.values(), *SCHEDULES.values()]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_every_group_has_valid_defaults_help_and_a_round_trip(group: type[Any]) -> None:
    made = group()
    mapping = as_mapping(made)
    assert group(**{key: value for key, value in mapping.items() if key in field_names(group)})
    if isinstance(made, Optimizer):
        assert read_member(OPTIMIZERS, Optimizer, mapping, "optimizer") == made
    elif isinstance(made, Schedule):
        assert read_member(SCHEDULES, Schedule, mapping, "schedule") == made
    else:
        assert read_settings(group, mapping) == made
    assert {name for name, *_ in rows(group)} == field_names(group)
    assert all(5 < len(help) <= 90 for *_, help in rows(group))


def field_names(group: type[Any]) -> set[str]:
    return {field.name for field in dataclasses.fields(group)}


NUMBERS = [
    (group, field)
    for group in GROUPS
    for field in dataclasses.fields(group)
    if field.type in ("float", "int")
]


@pytest.mark.parametrize(
    ("group", "field"), NUMBERS, ids=lambda item: getattr(item, "__name__", None) or item.name
)
def test_every_number_refuses_what_is_no_number_and_what_lies_beyond(
    group: type[Any], field: dataclasses.Field[Any]
) -> None:
    limits = field.metadata["limits"]
    beyond = [end - 1 for end in (limits.least, limits.above) if end is not None]
    beyond += [end + 1 for end in (limits.most, limits.below) if end is not None]
    beyond += [end for end in (limits.above, limits.below) if end is not None]
    assert beyond, "a number without any limit"
    for value in (*beyond, math.nan, math.inf, True, "1"):
        with pytest.raises(SettingError, match=field.name):
            group(**{field.name: value})


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)))
def test_any_value_is_taken_as_it_is_or_refused(value: Any) -> None:
    for name in ("degrees", "minutes", "fan", "shelf", "slots", "pause"):
        try:
            taken = getattr(oven(**{name: value}), name)
        except SettingError as error:
            assert f"oven.{name}" in str(error)
        else:
            assert taken == value or (isinstance(taken, float) and taken == float(value))
