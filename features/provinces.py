"""The 34 provinces and cities of Vietnam since 1 July 2025: their codes, the names people write, and their people."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from features.diacritics import strip_diacritics
from kolmatch.errors import BriefRefused

CITY: Final = "hcmc"
COUNTRY: Final = "vietnam"
SOURCE: Final = (
    "Resolution 202/2025/QH15 (population of the 23 merged provinces) and the population figures published with it"
)
# code: (name, former provinces that are part of it since Resolution 202/2025/QH15, people)
PROVINCES: Final[dict[str, tuple[str, tuple[str, ...], int]]] = {
    "hcmc": ("Thành phố Hồ Chí Minh", ("Bình Dương", "Bà Rịa - Vũng Tàu"), 14_002_598),
    "ha_noi": ("Hà Nội", (), 8_807_523),
    "hai_phong": ("Hải Phòng", ("Hải Dương",), 4_664_124),
    "da_nang": ("Đà Nẵng", ("Quảng Nam",), 3_065_628),
    "can_tho": ("Cần Thơ", ("Sóc Trăng", "Hậu Giang"), 4_199_824),
    "hue": ("Huế", (), 1_432_986),
    "an_giang": ("An Giang", ("Kiên Giang",), 4_952_238),
    "bac_ninh": ("Bắc Ninh", ("Bắc Giang",), 3_619_433),
    "ca_mau": ("Cà Mau", ("Bạc Liêu",), 2_606_672),
    "cao_bang": ("Cao Bằng", (), 573_119),
    "dak_lak": ("Đắk Lắk", ("Phú Yên",), 3_346_853),
    "dien_bien": ("Điện Biên", (), 673_091),
    "dong_nai": ("Đồng Nai", ("Bình Phước",), 4_491_408),
    "dong_thap": ("Đồng Tháp", ("Tiền Giang",), 4_370_046),
    "gia_lai": ("Gia Lai", ("Bình Định",), 3_583_693),
    "ha_tinh": ("Hà Tĩnh", (), 1_622_901),
    "hung_yen": ("Hưng Yên", ("Thái Bình",), 3_567_943),
    "khanh_hoa": ("Khánh Hòa", ("Ninh Thuận",), 2_243_554),
    "lai_chau": ("Lai Châu", (), 512_601),
    "lam_dong": ("Lâm Đồng", ("Đắk Nông", "Bình Thuận"), 3_872_999),
    "lang_son": ("Lạng Sơn", (), 881_384),
    "lao_cai": ("Lào Cai", ("Yên Bái",), 1_778_785),
    "nghe_an": ("Nghệ An", (), 3_831_694),
    "ninh_binh": ("Ninh Bình", ("Hà Nam", "Nam Định"), 4_412_264),
    "phu_tho": ("Phú Thọ", ("Vĩnh Phúc", "Hòa Bình"), 4_022_638),
    "quang_ngai": ("Quảng Ngãi", ("Kon Tum",), 2_161_755),
    "quang_ninh": ("Quảng Ninh", (), 1_497_447),
    "quang_tri": ("Quảng Trị", ("Quảng Bình",), 1_870_845),
    "son_la": ("Sơn La", (), 1_404_587),
    "tay_ninh": ("Tây Ninh", ("Long An",), 3_254_170),
    "thai_nguyen": ("Thái Nguyên", ("Bắc Kạn",), 1_799_489),
    "thanh_hoa": ("Thanh Hóa", (), 4_324_783),
    "tuyen_quang": ("Tuyên Quang", ("Hà Giang",), 1_865_270),
    "vinh_long": ("Vĩnh Long", ("Bến Tre", "Trà Vinh"), 4_257_581),
}
_OTHER_NAMES: Final = {
    CITY: ("ho chi minh", "hcm", "tp hcm", "tphcm", "sai gon", "saigon", "ho chi minh city", "vung tau"),
    "hue": ("thua thien hue",),
    COUNTRY: ("viet nam", "ca nuoc", "toan quoc", "whole country"),
}
_OFFICE: Final = re.compile(r"^(thanh pho|tp|tinh|thu do|province|city of)\s+")


def province_code(name: str) -> str:
    """The code of a province by its code or any name people write: "TP.HCM", "Bình Dương" and "hcmc" are all `hcmc`.

    Raises:
        BriefRefused: there is no such province.
    """
    code = known_province(name)
    if code is None:
        raise BriefRefused(
            f"There is no province {name!r}. Use the name or code of one of the 34 provinces, for example hcmc, "
            f"ha_noi, dong_nai; or {COUNTRY} for the whole country.",
            f"Không có tỉnh, thành {name!r}. Hãy dùng tên hoặc mã của một trong 34 tỉnh, thành, ví dụ hcmc, ha_noi, "
            f"dong_nai; hoặc {COUNTRY} cho cả nước.",
        )
    return code


def known_province(name: str) -> str | None:
    """The code of a province as `province_code` reads it, None if there is no such province."""
    plain = _plain(name)
    return _codes().get(plain) or _codes().get(_OFFICE.sub("", plain))


def share_outside_city(code: str) -> float:
    """People of a province as a share of all people outside Ho Chi Minh City."""
    outside = sum(people for other, (_, _, people) in PROVINCES.items() if other != CITY)
    return PROVINCES[code][2] / outside


@cache
def _codes() -> dict[str, str]:
    names = {code: (code, name, *former) for code, (name, former, _) in PROVINCES.items()}
    names |= {code: (code, *names.get(code, ()), *others) for code, others in _OTHER_NAMES.items()}
    plain = {_plain(name): code for code, written in names.items() for name in written}
    return plain | {_OFFICE.sub("", name): code for name, code in plain.items()}


def _plain(name: str) -> str:
    """Lower case, no diacritics, words apart by single spaces."""
    return " ".join(re.findall(r"[a-z0-9]+", strip_diacritics(name).lower()))
