"""Words of `bt-console doctor`."""

WORDS: dict[str, tuple[str, str]] = {
    "doctor.state.ok": ("TỐT", "OK"),
    "doctor.state.warn": ("LƯU Ý", "WARN"),
    "doctor.state.fail": ("HỎNG", "FAIL"),
    "doctor.state.unknown": ("KHÔNG RÕ", "UNKNOWN"),
    "doctor.icmp_raw.ok": ("Được mở socket ICMP thô.", "Raw ICMP sockets are allowed."),
    "doctor.icmp_raw.warn": (
        "Không được mở socket ICMP thô; dùng ICMP datagram thay thế.",
        "Raw ICMP sockets are not allowed; datagram ICMP is used instead.",
    ),
    "doctor.icmp_raw.fail": (
        "Không được mở socket ICMP thô, cũng không có ICMP datagram: không ping được.",
        "Neither raw nor datagram ICMP sockets are allowed: nothing can be pinged.",
    ),
    "doctor.icmp_datagram.ok": (
        "Được mở socket ICMP datagram (ping_group_range {range}).",
        "Datagram ICMP sockets are allowed (ping_group_range {range}).",
    ),
    "doctor.icmp_datagram.spare": (
        "Không được mở socket ICMP datagram (ping_group_range {range}), nhưng không cần: đã có ICMP thô.",
        "Datagram ICMP sockets are not allowed (ping_group_range {range}), nor needed: raw ICMP is.",
    ),
    "doctor.icmp_datagram.fail": (
        "Không được mở socket ICMP datagram: nhóm {gid} ở ngoài ping_group_range ({range}).",
        "Datagram ICMP sockets are not allowed: group {gid} is outside ping_group_range ({range}).",
    ),
    "doctor.receive_buffer.ok": (
        "Bộ đệm nhận chứa được {held} trả lời ping, cần {needed}.",
        "The receive buffer holds {held} ping replies, {needed} are needed.",
    ),
    "doctor.receive_buffer.warn": (
        "Bộ đệm nhận ({octets} octet) chỉ chứa được {held} trả lời ping, cần {needed}: các đợt ping sẽ chậm lại.",
        "The receive buffer ({octets} octets) holds only {held} ping replies of {needed}: rounds of pings slow down.",
    ),
    "doctor.namespaces.ok": (
        "Tạo được không gian mạng: chạy được huyện mô phỏng đầy đủ.",
        "Network namespaces can be made: the whole simulated district runs.",
    ),
    "doctor.namespaces.warn": (
        "Không tạo được không gian mạng ({reason}): huyện mô phỏng chỉ chạy rút gọn; việc đo thật không ảnh hưởng.",
        "Network namespaces cannot be made ({reason}): the simulated district is reduced; measuring is not affected.",
    ),
    "doctor.clock.ok": ("Đồng hồ được đồng bộ.", "The clock is synchronised."),
    "doctor.clock.warn": (
        "Đồng hồ không được đồng bộ: giờ của sự cố có thể sai, số đo thì không.",
        "The clock is not synchronised: times of incidents may be wrong, measures are not.",
    ),
    "doctor.clock.unknown": (
        "Không hỏi được nhân về đồng bộ đồng hồ.",
        "The kernel does not say whether the clock is synchronised.",
    ),
    "doctor.open_files.ok": ("Giới hạn tệp mở: {soft}.", "Limit of open files: {soft}."),
    "doctor.open_files.warn": (
        "Giới hạn tệp mở là {soft}, nên có ít nhất {needed}.",
        "The limit of open files is {soft}; at least {needed} are wanted.",
    ),
    "doctor.config.ok": (
        "Cấu hình {path} hợp lệ: {checks} phép kiểm tra.",
        "Configuration {path} is valid: {checks} checks.",
    ),
    "doctor.config.fail": (
        "Cấu hình không dùng được: {problem} (và {more} lỗi nữa)",
        "The configuration cannot be used: {problem} (and {more} more)",
    ),
    "doctor.store.ok": ("Ghi được kho dữ liệu {path}.", "The store {path} can be written."),
    "doctor.store.fail": (
        "Người dùng này không ghi được kho dữ liệu {path}.",
        "This user cannot write the store {path}.",
    ),
    "doctor.disk.ok": ("Đĩa của kho dữ liệu còn {free} MiB.", "The store's disk has {free} MiB free."),
    "doctor.disk.low": ("Đĩa của {path} chỉ còn {free} MiB.", "The disk of {path} has only {free} MiB free."),
    "doctor.monitor.ok": (
        "Bộ giám sát đang chạy (tiến trình {pid}).",
        "A monitor is running (process {pid}).",
    ),
    "doctor.monitor.none": (
        "Không có bộ giám sát nào đang ghi kho dữ liệu này.",
        "No monitor is writing this store.",
    ),
    "doctor.reach.ok": ("{name} ({address}) trả lời.", "{name} ({address}) answers."),
    "doctor.reach.fail": ("{name} ({address}) không trả lời: {detail}", "{name} ({address}) does not answer: {detail}"),
    "doctor.reach.unknown": (
        "Không đo được {name} ({address}): {detail}",
        "{name} ({address}) could not be measured: {detail}",
    ),
    "doctor.reach.no_config": (
        "Không có cấu hình hợp lệ nên không biết các đường ra.",
        "Without a valid configuration the uplinks are not known.",
    ),
}
