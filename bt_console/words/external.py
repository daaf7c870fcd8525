"""Words of what other monitors tell."""

WORDS: dict[str, tuple[str, str]] = {
    "kind.external_alert": ("cảnh báo từ hệ thống khác", "alert of another monitor"),
    "cause.external_alert": (
        "{unit}: hệ thống giám sát khác báo {name}",
        "{unit}: another monitor reports {name}",
    ),
    "step.external_alert": (
        "hệ thống giám sát khác báo: {text} ({count} cảnh báo, từ {at})",
        "another monitor reports: {text} ({count} alerts, since {at})",
    ),
}
