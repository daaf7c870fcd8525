"""Words for states, severities, unit kinds and roles."""

WORDS: dict[str, tuple[str, str]] = {
    "state.unknown": ("không rõ", "unknown"),
    "state.up": ("tốt", "up"),
    "state.degraded": ("suy giảm", "degraded"),
    "state.down": ("mất kết nối", "down"),
    "state.unreachable": ("không thấy", "unreachable"),
    "state.unknown.short": ("không rõ", "unknown"),
    "state.up.short": ("tốt", "up"),
    "state.degraded.short": ("suy giảm", "degraded"),
    "state.down.short": ("mất", "down"),
    "state.unreachable.short": ("bị che", "unseen"),
    "severity.critical": ("nghiêm trọng", "critical"),
    "severity.warning": ("cảnh báo", "warning"),
    "severity.info": ("thông tin", "info"),
    "kind.commune": ("xã", "commune"),
    "kind.town": ("thị trấn", "town"),
    "kind.department": ("phòng, ban", "department"),
    "kind.hub": ("trung tâm", "hub"),
    "engine.running": ("đang đo", "measuring"),
    "engine.late": ("đo trễ", "late"),
    "engine.stopped": ("KHÔNG ĐO", "NOT MEASURING"),
}
