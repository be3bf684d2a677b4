"""Settings: the commented file is the manual and agrees with the code; what is unknown is refused by name."""

from __future__ import annotations

import re
import tomllib
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from kolmatch.errors import SettingsError
from kolmatch.settings import SECRETS, ServingSettings, Settings

MANUAL = Path(__file__).parents[1] / "kolmatch.toml"
LINES = MANUAL.read_text(encoding="utf-8").splitlines()


def settings(tmp_path: Path, content: str, **environment: str) -> Settings:
    file = tmp_path / "own.toml"
    file.write_text(content, encoding="utf-8")
    return Settings.load(file, environment)


def test_the_manual_has_every_setting_with_its_default_and_no_other() -> None:
    assert tomllib.loads(MANUAL.read_text(encoding="utf-8")) == Settings().model_dump()


def test_the_manual_says_what_each_setting_is_for() -> None:
    keys = [at for at, line in enumerate(LINES) if re.match(r"\w+ = ", line)]
    assert len(keys) == sum(len(section) for section in Settings().model_dump().values())
    for at in keys:
        assert re.match(r"# \S.{20,}", LINES[at - 1]) or LINES[at - 1].startswith("# "), LINES[at]
        assert not LINES[at - 1].startswith("# The rest"), LINES[at]


def test_a_comment_names_the_unit_where_there_is_one() -> None:
    said = {LINES[at].split(" = ")[0]: LINES[at - 1] for at, line in enumerate(LINES) if re.match(r"\w+ = ", line)}
    units = {"max_request_bytes": "Bytes", "port": "port", "must_weight": "log units", "holdout_share": "Share"}
    assert all(unit in said[key] for key, unit in units.items())


def test_without_file_or_environment_the_defaults_hold() -> None:
    assert Settings.load(None, {"PATH": "/bin", "KOLMATCH_HOME": "var"}) == Settings()


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    found = settings(tmp_path, "[serving]\nport = 9000\nmax_results = 50\n", KOLMATCH_SERVING__PORT="9001")
    assert found.serving == ServingSettings(port=9001, max_results=50)
    assert found.matcher == Settings().matcher


def test_the_file_can_be_named_by_the_environment(tmp_path: Path) -> None:
    (tmp_path / "k.toml").write_text("[training]\nseed = 5\n", encoding="utf-8")
    assert Settings.load(None, {"KOLMATCH_CONFIG": str(tmp_path / "k.toml")}).training.seed == 5


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[serving]\nprot = 1\n", "serving.prot"),
        ("[servin]\nport = 1\n", "servin"),
        ("[serving]\nport = 70000\n", "70000"),
        ("[serving]\nport = 'many'\n", "serving.port"),
        ("[training]\nholdout_share = 0.9\n", "0.9"),
        ("[encoder]\nepochs = 0\n", "encoder.epochs"),
        ("[matcher]\nmust_weight = -1.0\n", "matcher.must_weight"),
        ("[serving\n", "own.toml"),
    ],
)
def test_what_cannot_be_is_refused_by_name_in_both_languages(tmp_path: Path, content: str, named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, content)
    assert named in refused.value.en
    assert named in refused.value.vi
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("name", ["KOLMATCH_PORT", "KOLMATCH_SERVING__PROT", "KOLMATCH_SERVIN__PORT", "KOLMATCH_"])
def test_an_unknown_variable_is_refused(name: str) -> None:
    with pytest.raises(SettingsError):
        Settings.load(None, {name: "1"})


def test_a_missing_or_undecodable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml"):
        Settings.load(tmp_path / "gone.toml", {})
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"bad\.toml"):
        Settings.load(tmp_path / "bad.toml", {})


SECRET = "s3cret-7731"
SECRET_ADDRESS = f"postgresql://kolmatch:{SECRET}@db/kolmatch"


def assert_told_without_the_secret(refused: SettingsError, named: str) -> None:
    told = "".join(traceback.format_exception(refused)) + refused.vi
    assert named in refused.en
    assert named in refused.vi
    assert SECRET not in told


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.parametrize("value", [f"['{SECRET}']", f"{{ is = '{SECRET}' }}"])
def test_the_value_of_a_secret_setting_is_not_repeated(tmp_path: Path, name: str, value: str) -> None:
    section, key = name.split(".")
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, f"[{section}]\n{key} = {value}\n")
    assert_told_without_the_secret(refused.value, name)


@pytest.mark.parametrize(
    ("variable", "named"),
    [
        ("KOLMATCH_STORE__ULR", "store.ulr"),
        ("KOLMATCH_REGISTRY__TRACKING_URL", "registry.tracking_url"),
        ("KOLMATCH_SIGNIN__CLIENT_SECRET", "signin.client_secret"),
        ("KOLMATCH_STORES__URL", "stores"),
        ("KOLMATCH_SERVING__OTLP_ENDPOINT", "serving.otlp_endpoint"),
        ("KOLMATCH_SIGNIN__PUBLIC_URL", "signin.public_url"),
        ("KOLMATCH_SIGNIN__OIDC_AUTHORIZE_URL", "signin.oidc_authorize_url"),
        ("KOLMATCH_SIGNIN__OIDC_TOKEN_URL", "signin.oidc_token_url"),
        ("KOLMATCH_SIGNIN__OIDC_CLIENT_ID", "signin"),
        ("KOLMATCH_DATABASE_URL", "KOLMATCH_DATABASE_URL"),
    ],
)
def test_a_secret_under_a_mistyped_name_or_one_of_no_use_is_not_repeated(variable: str, named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load(None, {variable: SECRET_ADDRESS, "KOLMATCH_SIGNIN__OIDC_CLIENT_SECRET": SECRET})
    assert_told_without_the_secret(refused.value, named)


@pytest.mark.parametrize("content", [f"store = '{SECRET_ADDRESS}'", f"[[store]]\nurl = '{SECRET_ADDRESS}'"])
def test_a_secret_in_what_is_no_section_is_not_repeated(tmp_path: Path, content: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, content)
    assert_told_without_the_secret(refused.value, "store")


def test_every_secret_is_a_setting() -> None:
    known = {f"{section}.{key}" for section, keys in Settings().model_dump().items() for key in keys}
    addresses = {name for name in known if name.endswith(("url", "uri", "endpoint", "issuer", "secret"))}
    assert addresses == SECRETS


def test_a_section_that_is_not_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="serving"):
        settings(tmp_path, "serving = 5\n")
    with pytest.raises(SettingsError, match="serving"):
        settings(tmp_path, "serving = 5\n", KOLMATCH_SERVING__PORT="9001")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().serving.port = 1
