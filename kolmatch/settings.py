"""Every setting, with its type and bounds. `kolmatch.toml` in the repository says what each is for.

Read once at the start into a frozen value and handed down; nothing reads the environment later.
Order: defaults here, then the file, then `KOLMATCH_<SECTION>__<KEY>` variables.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from kolmatch.errors import SettingsError

ENVIRONMENT_PREFIX: Final = "KOLMATCH_"
FILE_VARIABLE: Final = "KOLMATCH_CONFIG"
HOME_VARIABLE: Final = "KOLMATCH_HOME"

# scheme://host[:port], as browsers send it: no path, no wildcard.
Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")]
# Encrypted, except on this machine itself: codes and secrets go there.
WebAddress = Annotated[
    str, Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/])[!-~]+$", max_length=2000)
]
Positive = Annotated[int, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0.0)]

# Addresses may carry a password, so what was written there is shown to nobody.
SECRETS: Final = frozenset(
    {
        "registry.tracking_uri",
        "serving.otlp_endpoint",
        "store.url",
        "access.oidc_issuer",
        "access.oidc_jwks_url",
        "signin.public_url",
        "signin.oidc_authorize_url",
        "signin.oidc_token_url",
        "signin.oidc_client_secret",
    }
)

# Working days lost to public holidays (Labour Code 2019, Article 112), days given in place of a weekend among them.
_HOLIDAYS: Final = (
    *("2026-01-01", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-04-27"),
    *("2026-04-30", "2026-05-01", "2026-09-01", "2026-09-02"),
    *("2027-01-01", "2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-04-16", "2027-04-30"),
    *("2027-05-03", "2027-09-02"),
)


class Section(BaseModel):
    """A group of settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EncoderSettings(Section):
    """Which Sentence-Transformers model turns a text into a vector, and how the default one is trained."""

    model: Annotated[str, Field(min_length=1)] = "static"
    revision: str = ""
    query_prompt: str = ""
    document_prompt: str = ""
    fine_tune_steps: Annotated[int, Field(ge=0)] = 0
    fine_tune_learning_rate: Annotated[float, Field(gt=0)] = 2e-5
    dimension: Positive = 256
    epochs: Positive = 5
    max_steps: Positive = 1500
    batch_size: Annotated[int, Field(ge=16)] = 1024
    learning_rate: Annotated[float, Field(gt=0)] = 0.02
    min_count: Positive = 3
    max_words: Positive = 256


class TrainingSettings(Section):
    """How a bundle is made from the catalogue."""

    seed: int = 20261123
    holdout_share: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.15
    max_fit_queries: Positive = 1000
    least_decided_briefs: Annotated[int, Field(ge=2)] = 40


class MatcherSettings(Section):
    """How a brief is answered."""

    evidence_posts: Positive = 3
    max_query_terms: Positive = 64
    must_weight: NotNegative = 2.0
    nice_weight: NotNegative = 0.7
    must_not_weight: NotNegative = 4.0
    fit_weight: NotNegative = 1.5
    target_province: Annotated[str, Field(min_length=1)] = "hcmc"


class RegistrySettings(Section):
    """Where MLflow keeps runs and versions."""

    tracking_uri: str = ""
    experiment: str = "kolmatch"
    model_name: str = "kolmatch"


class ServingSettings(Section):
    """How the service listens."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8800
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    max_request_bytes: Positive = 262144
    max_upload_bytes: Positive = 10485760
    max_results: Positive = 200
    max_waiting: Positive = 64
    request_timeout_s: Annotated[float, Field(gt=0)] = 60.0
    watch_s: Annotated[float, Field(gt=0)] = 5.0
    log_format: Literal["text", "json"] = "text"
    otlp_endpoint: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""


class StoreSettings(Section):
    """Where briefs, shortlists, decisions and the audit trail are kept."""

    url: str = ""
    busy_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0


RoleName = Literal["viewer", "staff", "approver", "admin"]


class AccessSettings(Section):
    """Who may ask, how often, and from which pages."""

    requests_per_minute: Positive = 600
    refused_per_minute: Positive = 30
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_jwks_url: str = ""
    oidc_role_claim: str = "roles"
    oidc_department_claim: str = "department"
    oidc_roles: dict[str, RoleName] = {"viewer": "viewer", "staff": "staff", "approver": "approver", "admin": "admin"}
    oidc_leeway_s: NotNegative = 60.0
    oidc_refresh_s: NotNegative = 30.0
    cors_origins: list[Origin] = []
    frame_ancestors: list[Origin] = []

    @model_validator(mode="after")
    def _whole(self) -> AccessSettings:
        """An issuer without an audience would let in tokens that were made for another service."""
        named = (self.oidc_issuer, self.oidc_audience, self.oidc_jwks_url)
        if any(named) and not all(named):
            raise ValueError("oidc_issuer, oidc_audience and oidc_jwks_url belong together")
        return self


class SigninSettings(Section):
    """How people sign in to the pages, and for how long."""

    public_url: Origin | Literal[""] = ""
    idle_minutes: Positive = 60
    longest_hours: Positive = 10
    oidc_authorize_url: WebAddress | Literal[""] = ""
    oidc_token_url: WebAddress | Literal[""] = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_scope: Annotated[str, Field(pattern=r"^openid( [!-~]+)*$")] = "openid"

    @model_validator(mode="after")
    def _whole(self) -> SigninSettings:
        """The portal sends people back to an address that it must know beforehand."""
        named = (self.public_url, self.oidc_authorize_url, self.oidc_token_url, self.oidc_client_id)
        if any(named[1:]) and not all(named):
            raise ValueError("public_url, oidc_authorize_url, oidc_token_url and oidc_client_id belong together")
        return self


class ReportSettings(Section):
    """What stands on the paper about a shortlist beside the shortlist itself."""

    above: str = "Ủy ban nhân dân Thành phố Hồ Chí Minh"
    authority: str = ""
    place: str = "Thành phố Hồ Chí Minh"
    addressee: str = "Lãnh đạo cơ quan"
    signer_position: str = "Thủ trưởng đơn vị trình"
    signer_name: str = ""


class RightsSettings(Section):
    """By when what creators ask for must be answered and done."""

    answer_working_days: Positive = 2
    access_days: Positive = 10
    correction_days: Positive = 10
    opt_out_days: Positive = 15
    erasure_days: Positive = 20
    holidays: list[date] = [date.fromisoformat(day) for day in _HOLIDAYS]


Part = Annotated[float, Field(gt=0.0, lt=1.0)]


class RetrainSettings(Section):
    """How the monthly job takes files in, and what it keeps."""

    drop_folder: str = ""
    settle_s: NotNegative = 60.0
    max_rejected_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    keep_versions: Positive = 3
    keep_months: Annotated[int, Field(ge=0)] = 6


class GateSettings(Section):
    """When a challenger takes the champion's place."""

    held_out_share: Part = 0.34
    max_questions: Positive = 300
    least_questions: Annotated[int, Field(ge=2)] = 50
    relevance_loss: NotNegative = 0.02
    forecast_loss: NotNegative = 0.05
    interval_low: Part = 0.65
    interval_high: Part = 0.95
    golden_file: str = ""
    golden_top: Positive = 20
    exposure_loss: NotNegative = 0.1
    max_slowdown: Annotated[float, Field(ge=1.0)] = 2.0
    max_growth: Annotated[float, Field(ge=1.0)] = 2.5
    max_duplicate_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.3
    least_volume: NotNegative = 0.3
    most_volume: Annotated[float, Field(ge=1.0)] = 5.0
    least_platform_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05


class Settings(Section):
    """All settings of one process."""

    encoder: EncoderSettings = EncoderSettings()
    training: TrainingSettings = TrainingSettings()
    matcher: MatcherSettings = MatcherSettings()
    registry: RegistrySettings = RegistrySettings()
    serving: ServingSettings = ServingSettings()
    store: StoreSettings = StoreSettings()
    access: AccessSettings = AccessSettings()
    signin: SigninSettings = SigninSettings()
    report: ReportSettings = ReportSettings()
    rights: RightsSettings = RightsSettings()
    retrain: RetrainSettings = RetrainSettings()
    gate: GateSettings = GateSettings()

    @model_validator(mode="after")
    def _signed_in_by_a_known_issuer(self) -> Settings:
        """Who signs in at the portal is believed by the issuer's keys."""
        if self.signin.oidc_client_id and not self.access.oidc_issuer:
            raise ValueError("signin.oidc_client_id needs access.oidc_issuer")
        return self

    @classmethod
    def load(cls, file: Path | None, environment: Mapping[str, str]) -> Settings:
        """Read the file (if any) and the environment over the defaults.

        Raises:
            SettingsError: the file cannot be read, or a key or value is not known.
        """
        path = file or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
        values = _read_file(path) if path else {}
        for section, key, value in _overrides(environment):
            if isinstance(values.setdefault(section, {}), dict):  # else the check below names it
                values[section][key] = value
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _explained(error, path) from error


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"Cannot read the settings file {path}: {error}. Correct it or leave out --config.",
            f"Không đọc được tệp cấu hình {path}: {error}. Hãy sửa tệp hoặc bỏ tùy chọn --config.",
        ) from error


def _overrides(environment: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Settings given as `KOLMATCH_SECTION__KEY`; any other `KOLMATCH_` variable is refused."""
    found = []
    for name, value in environment.items():
        if not name.startswith(ENVIRONMENT_PREFIX) or name in (FILE_VARIABLE, HOME_VARIABLE):
            continue
        section, separator, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        if not separator:
            raise SettingsError(
                f"Unknown environment variable {name}. Settings are KOLMATCH_<SECTION>__<KEY>, "
                "for example KOLMATCH_SERVING__PORT.",
                f"Không biết biến môi trường {name}. Cấu hình có dạng KOLMATCH_<MỤC>__<KHÓA>, "
                "ví dụ KOLMATCH_SERVING__PORT.",
            )
        found.append((section, key, value))
    return found


def _explained(error: ValidationError, path: Path | None) -> SettingsError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    shown = f" = {first['input']!r}" if _may_be_shown(first) else ""
    where = f" in {path}" if path else ""
    return SettingsError(
        f"Setting {name}{shown}{where}: {first['msg']}. See kolmatch.toml for every setting.",
        f"Cấu hình {name}{shown}{where}: {first['msg']}. Xem kolmatch.toml để biết mọi cấu hình.",
    )


def _may_be_shown(error: ErrorDetails) -> bool:
    """Whether no secret can stand in the value: neither in a whole section nor under a key that was mistyped."""
    setting = ".".join(map(str, error["loc"][:2]))
    return error["type"] != "extra_forbidden" and "." in setting and setting not in SECRETS
