"""Words of the simulated district: its errors, and what a fallback lacks."""

WORDS: dict[str, tuple[str, str]] = {
    "lab.unknown_fault": ("không có lỗi '{name}' ({hint})", "no fault '{name}' ({hint})"),
    "lab.wrong_arguments": ("lỗi '{name}' viết là {usage}", "fault '{name}' is written {usage}"),
    "lab.unknown_value": ("{what} '{text}' không có trong mô phỏng ({hint})", "no {what} '{text}' in the lab ({hint})"),
    "lab.bad_ratio": ("'{text}' không phải tỷ lệ; viết như 20%", "'{text}' is not a ratio; write it as 20%"),
    "lab.bad_duration": (
        "'{text}' không phải thời gian đến 60s; viết như 300ms hoặc 4s",
        "'{text}' is not a time up to 60s; write it as 300ms or 4s",
    ),
    "lab.bad_offset": (
        "'{text}' không phải độ lệch giờ; viết như 5m hoặc -800ms, tối đa 24h",
        "'{text}' is not an offset; write it as 5m or -800ms, at most 24h",
    ),
    "lab.no_line": ("đơn vị {unit} không có đường {path}", "unit {unit} has no {path} line"),
    "lab.no_machine": ("đơn vị {unit} không có thiết bị {machine}", "unit {unit} has no device {machine}"),
    "lab.not_active": ("lỗi '{spec}' không có hiệu lực ({hint})", "fault '{spec}' is not in force ({hint})"),
    "lab.nothing_active": ("không có lỗi nào có hiệu lực", "no fault is in force"),
    "lab.no_replies": (
        "kênh '{text}' không nhận trả lời trong mô phỏng ({hint}); có: {known}",
        "channel '{text}' hears no answers in the lab ({hint}); those that do: {known}",
    ),
    "lab.bad_request": ("yêu cầu không hiểu được", "request not understood"),
    "lab.bad_config": ("cấu hình không dùng được: {why}", "the configuration cannot be used: {why}"),
    "lab.no_uplink": (
        "cấu hình không có đường ra {path} của trung tâm; mô phỏng cần nó",
        "the configuration has no {path} uplink of the hub; the lab needs one",
    ),
    "lab.no_hub_address": (
        "địa chỉ {address} của đường ra {path} phải nằm trong một khối /30 mà đầu kia còn trống",
        "address {address} of the {path} uplink must be in a /30 whose other address is free",
    ),
    "lab.run_dir_not_directory": ("{path} không phải thư mục", "{path} is not a directory"),
    "lab.run_dir_unusable": ("không dùng được thư mục {path}: {why}", "cannot use directory {path}: {why}"),
    "lab.already_up": (
        "mô phỏng đã chạy ở {path} (pid {pid}); tắt bằng `bt-console lab down`",
        "a lab is already up in {path} (pid {pid}); end it with `bt-console lab down`",
    ),
    "lab.not_up": (
        "không có mô phỏng nào ở {path}; bật bằng `bt-console lab up`",
        "no lab is up in {path}; start it with `bt-console lab up`",
    ),
    "lab.not_answering": ("mô phỏng không trả lời: {what}", "the lab does not answer: {what}"),
    "lab.child_ended": ("tiến trình {name} của mô phỏng đã dừng", "the lab's process {name} ended"),
    "lab.child_silent": ("tiến trình {name} của mô phỏng không trả lời: {why}", "the lab's {name} is silent: {why}"),
    "lab.cannot_serve": ("không mở được dịch vụ mô phỏng: {why}", "a simulated service cannot be opened: {why}"),
    "lab.crashed": ("mô phỏng hỏng khi khởi động: {what}", "the lab failed to start: {what}"),
    "lab.gone": ("mô phỏng đã kết thúc", "the lab has ended"),
    "lab.start_timeout": ("mô phỏng không sẵn sàng sau {n} s", "the lab was not ready after {n} s"),
    "lab.ipv4_only": (
        "mô phỏng chỉ dùng IPv4; {target} có địa chỉ {address}",
        "the lab simulates IPv4 only; {target} has address {address}",
    ),
    "lab.not_in_fallback": (
        "mất gói và trễ cần không gian mạng; mô phỏng này chạy trên loopback",
        "loss and delay need namespaces; this lab runs on loopback",
    ),
    "lab.missing.why": (
        "không có không gian mạng vì {reason}; cho phép bằng: {remedy}",
        "no namespaces because of {reason}; allow them with: {remedy}",
    ),
    "lab.missing.icmp": (
        "không có ping: mỗi thiết bị được đo bằng một kết nối TCP tới loopback",
        "no ping: each device is measured by a TCP connection to loopback",
    ),
    "lab.missing.weather": (
        "không có trễ và mất gói: đường truyền chỉ tốt hoặc đứt",
        "no delay and loss: a line is whole or cut",
    ),
    "lab.missing.paths": (
        "không có định tuyến: máy này ở mọi nơi cùng lúc, đứt đường là từ chối kết nối",
        "no routes: this machine is everywhere at once, a cut line refuses connections",
    ),
    "lab.missing.checks": (
        "các phép kiểm tra riêng trong cấu hình không được dùng",
        "checks of the configuration's own are not used",
    ),
    "lab.help.up": ("dựng huyện mô phỏng và để nó chạy", "build the simulated district and leave it running"),
    "lab.help.down": ("tắt mô phỏng, không để lại gì", "end the lab and leave nothing behind"),
    "lab.help.status": (
        "mô phỏng đang chạy thế nào, lỗi nào có hiệu lực",
        "how the lab runs, which faults are in force",
    ),
    "lab.help.fault": ("gây một lỗi; không có SPEC: liệt kê các lỗi", "cause a fault; without SPEC: list the faults"),
    "lab.help.heal": ("khôi phục một lỗi; không có SPEC: tất cả", "restore one fault; without SPEC: all"),
    "lab.help.exec": ("chạy một lệnh ở một đơn vị hoặc ở hub", "run a command where a unit, or the hub, is"),
    "lab.help.letters": ("những tin đã đến tay người trực", "the messages that reached people"),
    "lab.help.reply": (
        "trả lời một tin như người trực (lab reply sms an 4711)",
        "answer a message as a person would (lab reply sms an 4711)",
    ),
    "lab.opt.after": ("chỉ những tin sau số này", "only those after this number"),
    "lab.opt.channel": ("kênh, như sms hoặc zalo", "the channel, such as sms or zalo"),
    "lab.opt.sender": ("địa chỉ trên kênh đó, hoặc mã người", "the address on that channel, or a contact's id"),
    "lab.opt.text": ("nội dung trả lời, như mã trong tin", "what is answered, such as the code in the message"),
    "lab.no_letters": ("chưa có tin nào đến", "no message has arrived yet"),
    "lab.opt.run_dir": (
        "thư mục của mô phỏng đang chạy (mặc định: trong XDG_RUNTIME_DIR hoặc ~/.local/state)",
        "directory of the running lab (default: in XDG_RUNTIME_DIR or ~/.local/state)",
    ),
    "lab.opt.loopback": (
        "dùng loopback dù không gian mạng được phép",
        "use loopback even where namespaces are allowed",
    ),
    "lab.opt.spec": ("lỗi, ví dụ link-down:tslcd:cao-son", "the fault, such as link-down:tslcd:cao-son"),
    "lab.opt.heal_spec": ("lỗi đang có hiệu lực, hoặc phần đầu của nó", "a fault in force, or the beginning of it"),
    "lab.opt.place": ("đơn vị, hoặc hub", "a unit, or hub"),
    "lab.opt.argv": ("lệnh và tham số của nó", "the command and its arguments"),
    "lab.no_verb": ("cần một trong: {verbs}", "one of these is needed: {verbs}"),
    "lab.no_command": ("thiếu lệnh cần chạy", "the command to run is missing"),
    "lab.building": ("đang dựng huyện mô phỏng ...", "building the simulated district ..."),
    "lab.up": (
        "mô phỏng đang chạy: {units} xã, thị trấn trong {n} không gian mạng",
        "the lab is up: {units} communes in {n} namespaces",
    ),
    "lab.up_loopback": (
        "mô phỏng đang chạy trên loopback: {units} xã, thị trấn",
        "the lab is up on loopback: {units} communes",
    ),
    "lab.monitor_with": (
        "giám sát: bt-console lab exec hub bt-console monitor -c {config} --trust-file {trust}",
        "monitor it: bt-console lab exec hub bt-console monitor -c {config} --trust-file {trust}",
    ),
    "lab.active": ("lỗi có hiệu lực: {faults}", "faults in force: {faults}"),
}
