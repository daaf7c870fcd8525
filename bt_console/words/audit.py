"""Words of the monitor's audit of itself."""

WORDS: dict[str, tuple[str, str]] = {
    "audit.lag": ("lịch đo trễ {seconds} giây", "the schedule is {seconds} s late"),
    "audit.outbox": (
        "{count} tin nhắn chưa gửi được, cũ nhất {minutes} phút",
        "{count} messages could not be sent yet, the oldest for {minutes} min",
    ),
    "audit.clock": ("đồng hồ lệch {seconds} giây", "the clock is off by {seconds} s"),
    "audit.disk": ("ổ đĩa chỉ còn {percent} % trống", "only {percent} % of the disk is free"),
    "audit.store": ("kho dữ liệu không nhận: {detail}", "the store refuses: {detail}"),
    "audit.probes": ("{count}/{total} phép đo không thực hiện được", "{count} of {total} checks could not measure"),
    "audit.gap": (
        "lịch trực {schedule} có {count} khoảng trống trong 7 ngày tới, đầu tiên lúc {at}",
        "schedule {schedule} has {count} gaps in the next 7 days, the first at {at}",
    ),
    "audit.channel": ("kênh {channel}: {detail}", "channel {channel}: {detail}"),
    "audit.channel_down": ("kênh {channel} không gửi được", "channel {channel} cannot send"),
    "audit.unproven": (
        "8 ngày qua chưa có tin nào đến được {name}",
        "no message has reached {name} in the last 8 days",
    ),
    "heartbeat.missed": (
        "chờ tín hiệu của {name} đến {at} mà không có",
        "a sign of life of {name} was due by {at} and did not come",
    ),
    "kind.heartbeat_missed": ("mất tín hiệu", "no sign of life"),
    "cause.heartbeat_missed": ("{name} không còn báo tín hiệu", "{name} gives no sign of life any more"),
    "heartbeat.withheld": (
        "không gửi tín hiệu {name}: bộ giám sát tự kiểm tra thấy lỗi",
        "sign of life {name} withheld: the monitor's audit of itself fails",
    ),
    "heartbeat.no_url": ("chưa có địa chỉ nhận tín hiệu", "no address for the sign of life is configured"),
    "heartbeat.failed": ("không gửi được tín hiệu: {detail}", "the sign of life could not be given: {detail}"),
    "drill.waiting": ("diễn tập đã gửi, đang chờ trả lời", "the drill was sent; waiting for answers"),
    "drill.answered": ("mọi người đã trả lời diễn tập", "everybody answered the drill"),
    "drill.unanswered": ("{names} không trả lời tin diễn tập", "{names} did not answer the drill"),
    "drill.sent": ("Gửi tin diễn tập đến {names}", "Drill sent to {names}"),
    "drill.why": ("tin diễn tập hằng tuần", "the weekly drill"),
}
