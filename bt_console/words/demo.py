"""Words of the demo and of the monitor's command."""

WORDS: dict[str, tuple[str, str]] = {
    "cli.opt.once": (
        "đo mọi thứ một lượt, in kết luận, thoát 0/1/2/3",
        "measure everything once, print the verdicts, exit 0/1/2/3",
    ),
    "cli.opt.once_json": ("với --once: in JSON", "with --once: print JSON"),
    "cli.opt.headless": ("không mở màn hình; kể lại trên stderr", "no screen; tell what happens on stderr"),
    "cli.opt.for": ("chạy ngần này giây (mặc định: đến Ctrl-C)", "run for so many seconds (default: until Ctrl-C)"),
    "cli.opt.fault": (
        "gây sự cố sau SECONDS giây (mặc định 15), khôi phục sau END giây, như dns-down@20-40; dùng được nhiều lần",
        "cause a fault after SECONDS (default 15), heal it after END, such as dns-down@20-40; repeatable",
    ),
    "cli.opt.demo_json": ("in `status --json` lúc kết thúc", "print `status --json` at the end"),
    "cli.demo.no_terminal": (
        "demo cần một terminal; không có thì thêm --headless (ví dụ: demo --headless --for 60)",
        "the demo needs a terminal; without one add --headless (for example: demo --headless --for 60)",
    ),
    "cli.demo.bad_fault": (
        "không hiểu --fault {written}: viết TÊN[:THAM SỐ]...[@GIÂY[-GIÂY]], như link-down:tslcd:cao-son@20-40",
        "cannot read --fault {written}: write NAME[:ARGUMENT]...[@SECONDS[-END]], such as loss:tslcd:cao-son:20%@20-40",
    ),
    "cli.demo.building": ("Đang dựng huyện mô phỏng ...", "Building the simulated district ..."),
    "cli.demo.missing": ("Thiếu trong lần mô phỏng này: {what}", "Missing in this simulation: {what}"),
    "cli.demo.no_monitor": (
        "bộ giám sát không chạy. Nhật ký của nó:\n{log}",
        "the monitor does not run. Its log:\n{log}",
    ),
    "cli.demo.caused": ("[{after} s] GÂY SỰ CỐ {what}", "[{after} s] FAULT {what}"),
    "cli.demo.healed": ("[{after} s] KHÔI PHỤC {what}", "[{after} s] HEALED {what}"),
    "cli.demo.event": ("[{after} s] {what}", "[{after} s] {what}"),
    "cli.demo.told.page": ("[{after} s] GỌI {name} ({channel}): {what}", "[{after} s] PAGE {name} ({channel}): {what}"),
    "cli.demo.told.recovery": (
        "[{after} s] BÁO XONG {name} ({channel}): {what}",
        "[{after} s] RECOVERY {name} ({channel}): {what}",
    ),
    "cli.demo.told.late": (
        "[{after} s] BÁO MUỘN {name} ({channel}): {what}",
        "[{after} s] LATE {name} ({channel}): {what}",
    ),
    "cli.demo.told.update": (
        "[{after} s] CẬP NHẬT {name} ({channel}): {what}",
        "[{after} s] UPDATE {name} ({channel}): {what}",
    ),
    "cli.demo.told.other": (
        "[{after} s] TIN {name} ({channel}): {what}",
        "[{after} s] TOLD {name} ({channel}): {what}",
    ),
}
