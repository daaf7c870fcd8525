"""Words of the command line's own output."""

WORDS: dict[str, tuple[str, str]] = {
    "cli.about": (
        "Bảng điều hành mạng và dịch vụ dùng chung của một huyện. Không có lệnh: mở màn hình; không có "
        "terminal: in `status`.",
        "Operations console of a district's network and shared services. Without a command it opens the console; "
        "without a terminal it prints `status`.",
    ),
    "cli.heading.usage": ("cách dùng: ", "usage: "),
    "cli.heading.positionals": ("tham số", "arguments"),
    "cli.heading.options": ("tùy chọn", "options"),
    "cli.heading.commands": ("lệnh", "commands"),
    "cli.heading.globals": ("tùy chọn chung", "global options"),
    "cli.opt.help": ("hiện trợ giúp này", "show this help"),
    "cli.opt.version": ("in phiên bản", "print the version"),
    "cli.opt.config": (
        "tệp cấu hình (mặc định: BT_CONSOLE_CONFIG, rồi /etc/bt-console/config.yaml)",
        "configuration file (default: BT_CONSOLE_CONFIG, then /etc/bt-console/config.yaml)",
    ),
    "cli.opt.store": ("kho dữ liệu, thay cho kho ghi trong cấu hình", "the store, instead of the configuration's"),
    "cli.opt.language": ("ngôn ngữ: vi hoặc en", "language: vi or en"),
    "cli.opt.verbose": ("ghi nhật ký chi tiết ra stderr", "log in detail to stderr"),
    "cli.opt.log_file": ("ghi nhật ký vào tệp thay cho stderr", "log to a file instead of stderr"),
    "cli.opt.json": ("in JSON (mô tả trong docs/json.md)", "print JSON (described in docs/json.md)"),
    "cli.opt.theme": ("giao diện màu", "colour theme"),
    "cli.console.no_terminal": (
        "màn hình điều hành cần một terminal; không có terminal hãy dùng `bt-console status`",
        "the console needs a terminal; without one use `bt-console status`",
    ),
    "cli.unknown_command": (
        "không có lệnh '{name}'. Các lệnh: {names}",
        "no command '{name}'. Commands: {names}",
    ),
    "cli.unknown_command.near": (
        "không có lệnh '{name}'; có phải '{near}'? Các lệnh: {names}",
        "no command '{name}'; did you mean '{near}'? Commands: {names}",
    ),
    "cli.fault.saved": (
        "lỗi của chương trình: {what}. Chi tiết (chỉ bạn đọc được) ở {path}",
        "a fault of the program: {what}. Details (readable by you alone) are in {path}",
    ),
    "cli.fault.unsaved": (
        "lỗi của chương trình: {what}. Không ghi được chi tiết ra tệp:",
        "a fault of the program: {what}. The details could not be saved to a file:",
    ),
    "cli.help.check-config": ("kiểm tra một tệp cấu hình", "check a configuration file"),
    "cli.help.console": ("mở màn hình điều hành", "open the full-screen console"),
    "cli.help.demo": (
        "huyện mô phỏng, bộ giám sát và màn hình trên máy này, không cần root",
        "simulated district, monitor and console on this machine, no root needed",
    ),
    "cli.help.doctor": (
        "kiểm tra máy này có đo được không, kèm cách khắc phục",
        "check that this machine can measure, with the remedy for what is missing",
    ),
    "cli.help.events": ("nhật ký thay đổi và sự cố", "journal of changes and incidents"),
    "cli.help.history": ("các lần đo của một phép kiểm tra hoặc một đơn vị", "readings of a check or of a unit"),
    "cli.help.incidents": ("danh sách sự cố; xem hoặc xác nhận một sự cố", "list incidents; show or acknowledge one"),
    "cli.help.lab": ("huyện mô phỏng: bật, tắt, gây lỗi, khôi phục", "simulated district: up, down, break, heal"),
    "cli.help.monitor": ("bộ giám sát: đo và chẩn đoán", "the monitor: measure and diagnose"),
    "cli.help.probe": ("chạy một phép đo ngay bây giờ", "run one probe now"),
    "cli.help.status": ("tình trạng các đơn vị, dịch vụ và sự cố", "state of units, services and incidents"),
}
