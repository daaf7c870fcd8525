"""Words for devices on LANs, their register, and routes."""

WORDS: dict[str, tuple[str, str]] = {
    "device.approved": ("đã duyệt", "approved"),
    "device.new": ("lạ", "new"),
    "device.moved": ("sai chỗ", "moved"),
    "device.missing": ("vắng", "missing"),
    "event.devices_found": (
        "{unit}: kiểm kê lần đầu thấy {count} thiết bị, {new_count} chưa được duyệt, {moved_count} duyệt cho nơi khác",
        "{unit}: the first inventory found {count} devices, {new_count} not in the register, "
        "{moved_count} approved for another unit",
    ),
    "event.device_new": ("{unit}: thiết bị chưa được duyệt {device}", "{unit}: device not in the register {device}"),
    "event.devices_new": (
        "{unit}: {count} thiết bị chưa được duyệt, trong đó có {named}",
        "{unit}: {count} devices not in the register, among them {named}",
    ),
    "event.device_moved": (
        "{unit}: {device} ở đây, nhưng được duyệt cho {other}",
        "{unit}: {device} is here but approved for {other}",
    ),
    "event.devices_moved": (
        "{unit}: {count} thiết bị ở đây nhưng được duyệt cho nơi khác, trong đó có {named}",
        "{unit}: {count} devices are here but approved for another unit, among them {named}",
    ),
    "event.device_port": (
        "{unit}: {device} chuyển từ cổng {before} sang {after}",
        "{unit}: {device} moved from port {before} to {after}",
    ),
    "event.devices_port": (
        "{unit}: {count} thiết bị chuyển cổng, trong đó có {named}",
        "{unit}: {count} devices moved to another port, among them {named}",
    ),
    "event.device_missing": (
        "{unit}: đã lâu không thấy thiết bị được duyệt {device}",
        "{unit}: approved device not seen for a long time {device}",
    ),
    "event.devices_missing": (
        "{unit}: đã lâu không thấy {count} thiết bị được duyệt, trong đó có {named}",
        "{unit}: {count} approved devices not seen for a long time, among them {named}",
    ),
    "event.device_again": ("{unit}: lại thấy {device}", "{unit}: {device} is seen again"),
    "event.devices_again": (
        "{unit}: lại thấy {count} thiết bị, trong đó có {named}",
        "{unit}: {count} devices are seen again, among them {named}",
    ),
    "event.device_back": (
        "{unit}: {device} đã về đúng chỗ, không còn ở {other}",
        "{unit}: {device} is back where it belongs, no longer in {other}",
    ),
    "event.devices_back": (
        "{unit}: {count} thiết bị đã về đúng chỗ, trong đó có {named}",
        "{unit}: {count} devices are back where they belong, among them {named}",
    ),
    "event.devices_dropped": (
        "{unit}: quá nhiều thiết bị lạ, {count} thiết bị cũ nhất không còn được ghi nhớ",
        "{unit}: too many unknown devices, the {count} oldest are no longer remembered",
    ),
    "event.route_changed": (
        "{name}: đường đi đổi từ chặng {hop}: trước {before}, nay {after}",
        "{name}: the route changed from hop {hop} on: before {before}, now {after}",
    ),
    "cli.help.devices": (
        "thiết bị trên các mạng LAN: đã duyệt, lạ, sai chỗ, vắng; xuất để đưa vào sổ duyệt",
        "devices on the LANs: approved, new, moved, missing; export them for the register",
    ),
    "cli.help.routes": ("các đường đi đã thấy đến từng mục tiêu", "routes seen to each target"),
    "cli.opt.devices_what": (
        "một đơn vị; `export` in CSV để dán vào sổ duyệt",
        "one unit; `export` prints CSV to paste into the register",
    ),
    "cli.check_config.devices": ("Thiết bị đã duyệt", "Approved devices"),
    "cli.opt.device_state": ("chỉ các thiết bị có tình trạng này", "only devices in this state"),
    "cli.opt.routes_what": ("một đơn vị hoặc một phép kiểm tra", "one unit or one check"),
    "cli.devices.too_many": (
        "`devices` nhận nhiều nhất một đơn vị, hoặc `export` và một đơn vị",
        "`devices` takes at most one unit, or `export` and one unit",
    ),
    "cli.devices.export_json": (
        "`export` in CSV; để lấy JSON hãy bỏ `export`",
        "`export` prints CSV; leave `export` out for JSON",
    ),
    "cli.devices.none": ("Không có thiết bị nào.", "No devices."),
    "cli.devices.counts": (
        "{approved} đã duyệt, {new} lạ, {moved} sai chỗ, {missing} vắng",
        "{approved} approved, {new} new, {moved} moved, {missing} missing",
    ),
    "cli.devices.first_seen": ("thấy lần đầu {at}", "first seen {at}"),
    "cli.routes.none": ("Chưa có đường đi nào được ghi.", "No routes yet."),
    "cli.routes.title": ("{check}: {n} đường đi", "{check}: {n} routes"),
    "cli.routes.no_check": (
        "'{asked}' không phải đơn vị hay phép kiểm tra có đường đi; gần nhất: {near}",
        "'{asked}' is no unit and no check with routes; nearest: {near}",
    ),
    "cli.routes.in_force": ("đang dùng", "in force"),
    "cli.column.mac": ("MAC", "MAC"),
    "cli.column.device": ("Thiết bị", "Device"),
    "cli.column.port": ("Cổng", "Port"),
    "cli.column.last_seen": ("Thấy lần cuối", "Last seen"),
    "cli.column.first_seen": ("Thấy lần đầu", "First seen"),
    "cli.column.seen_count": ("Số lần", "Times"),
}
