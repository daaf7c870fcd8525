"""Words of what a configuration amounts to."""

WORDS: dict[str, tuple[str, str]] = {
    "config.duty_desk": ("Trực ban", "Duty desk"),
    "cli.check_config.oncall": ("Trực và báo tin", "On-call"),
    "cli.check_config.oncall_counts": (
        "{contacts} người, {channels} kênh ({kinds}), {schedules} lịch trực, {policies} quy trình",
        "{contacts} contacts, {channels} channels ({kinds}), {schedules} schedules, {policies} policies",
    ),
    "cli.check_config.gaps": ("Giờ không ai trực", "Nobody on duty"),
    "cli.check_config.no_schedule": ("chưa có lịch trực", "there is no schedule"),
    "cli.check_config.no_gaps": ("không có trong 7 ngày tới", "never in the next 7 days"),
    "cli.check_config.gap": (
        "{schedule} {start}-{end} (gọi {fallback})",
        "{schedule} {start}-{end} ({fallback} is called)",
    ),
}
