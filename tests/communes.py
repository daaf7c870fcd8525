"""The communes and towns of the district, by id, for every test that builds one."""

from __future__ import annotations

COMMUNES = {
    "phu-thong": "Thị trấn Phủ Thông",
    "cao-son": "Xã Cao Sơn",
    "cam-giang": "Xã Cẩm Giàng",
    "don-phong": "Xã Đôn Phong",
    "duong-phong": "Xã Dương Phong",
    "ha-vi": "Xã Hà Vị",
    "luc-binh": "Xã Lục Bình",
    "my-thanh": "Xã Mỹ Thanh",
    "nguyen-phuc": "Xã Nguyên Phúc",
    "phuong-linh": "Xã Phương Linh",
    "quan-binh": "Xã Quân Bình",
    "quang-thuan": "Xã Quang Thuận",
    "sy-binh": "Xã Sỹ Bình",
    "tan-tien": "Xã Tân Tiến",
    "tu-tri": "Xã Tú Trĩ",
    "vi-huong": "Xã Vi Hương",
    "vu-muon": "Xã Vũ Muộn",
}
