"""Words of why and why not, and of proof."""

WORDS: dict[str, tuple[str, str]] = {
    "notice.page": ("tin gọi", "page"),
    "notice.update": ("tin cập nhật", "update"),
    "notice.resolve": ("tin đã xong", "recovery"),
    "notice.late": ("tin báo muộn", "late notice"),
    "notice.digest": ("tin tổng hợp", "digest"),
    "notice.test": ("tin thử", "test"),
    "notice.drill": ("tin diễn tập", "drill"),
    "notice.meta": ("tin về việc báo động", "notice about the alerting"),
    "why.told": ("Đã báo: {names}", "Told: {names}"),
    "why.told.nobody": ("Chưa báo được cho ai", "Nobody has been told"),
    "why.told.nobody_certain": (
        "Chỉ hiện cho ai đang ngồi trước bảng điều hành: không chắc có ai đọc",
        "Shown only to whoever sits at a console: it is not certain that anybody read it",
    ),
    "why.no_call": (
        "Bộ giám sát chưa quyết định gọi ai về sự cố này",
        "The monitor has not decided yet to page anybody about it",
    ),
    "why.no_call.over": ("Sự cố đã qua mà không có lượt gọi nào", "It is over, and nobody was ever to be paged"),
    "why.pending": (
        "Chưa gọi ai: chính sách {policy} đợi đến {at}, phòng khi tự hết",
        "Nobody is paged yet: policy {policy} waits until {at} in case it ends by itself",
    ),
    "why.pending.paused": (
        "Chưa gọi ai: chính sách {policy} đang bị tắt tiếng",
        "Nobody is paged: policy {policy} is muted",
    ),
    "why.open.first": ("Chính sách {policy} gọi từ bước đầu", "Policy {policy} pages from its first step"),
    "why.open": (
        "Chính sách {policy} đã đến bước {step}/{steps}, chưa ai nhận; bước sau lúc {at}",
        "Policy {policy} is at step {step} of {steps} and nobody has it; the next step is due at {at}",
    ),
    "why.open.paused": (
        "Chính sách {policy} dừng ở bước {step}/{steps} vì bị tắt tiếng",
        "Policy {policy} stands still at step {step} of {steps}: it is muted",
    ),
    "why.acked": (
        "Không gọi nữa: {by} đã nhận lúc {since}, đến {until}; sau đó gọi lại từ đầu nếu chưa xong",
        "Nobody is paged: {by} acknowledged at {since}, until {until}; if it lasts, paging then starts again",
    ),
    "why.resolved": (
        "Đã hết; nếu trở lại trước {until} thì vẫn là sự cố này, sau đó mới báo đã xong",
        "Over for now; if it returns before {until} it is the same incident, then the recovery is told",
    ),
    "why.closed": ("Đã xong và ngừng gọi lúc {at}", "Over; paging closed at {at}"),
    "why.closed.transient": (
        "Tự hết trước khi chính sách {policy} kịp gọi ai; tin tổng hợp sẽ nêu",
        "It ended before policy {policy} paged anybody; a digest counts it",
    ),
    "why.closed.muted": (
        "Xong lúc {at} trong khi bị tắt tiếng: tin tổng hợp sẽ nêu",
        "It ended at {at} while muted: a digest names it",
    ),
    "why.claimed": (
        "{by} đang xử lý nhưng chưa nhận việc: vẫn gọi tiếp",
        "{by} works on it but has not acknowledged it: paging goes on",
    ),
    "why.flapping": ("Chập chờn: đã trở lại {count} lần", "It flaps: it came back {count} times"),
    "why.muted.silence": (
        "Bị tắt tiếng số {mute} đến {until}: {by}, lý do: {reason}",
        "Muted by silence {mute} until {until}: {by}, because: {reason}",
    ),
    "why.muted.maintenance": (
        "Bị tắt tiếng do bảo trì {mute} đến {until}: {by}, lý do: {reason}",
        "Muted by maintenance {mute} until {until}: {by}, because: {reason}",
    ),
    "why.muted.gone": ("Bị tắt tiếng bởi {mute}", "Muted by {mute}"),
    "why.muted_for": ("Tổng cộng bị tắt tiếng {minutes} phút", "Muted for {minutes} min in all"),
    "why.hours": (
        "Ngoài giờ của chính sách {policy}: giữ đến {at}",
        "Outside the hours of policy {policy}: held until {at}",
    ),
    "why.gap": (
        "Lịch {schedule} không có ai trực lúc đó: gọi người dự phòng {name}",
        "Nobody was on duty in schedule {schedule} then: its fallback {name} is called",
    ),
    "why.stand_in": (
        "{name} trực thay lịch {schedule} (trực thay {id})",
        "{name} stood in on schedule {schedule} (stand-in {id})",
    ),
    "why.row.queued": (
        "{kind_said} {delivery} cho {name} qua {channel}: chờ gửi, lần tới {next}, đã thử {tries} lần",
        "{kind_said} {delivery} to {name} over {channel}: queued, next try {next}, {tries} tries so far",
    ),
    "why.row.queued.why": (
        "{kind_said} {delivery} cho {name} qua {channel}: chờ gửi, lần tới {next}, đã thử {tries} lần: {why_said}",
        "{kind_said} {delivery} to {name} over {channel}: queued, next try {next}, {tries} tries so far: {why_said}",
    ),
    "why.row.held": (
        "{kind_said} {delivery} cho {name} qua {channel}: giữ lại đến {next}",
        "{kind_said} {delivery} to {name} over {channel}: held until {next}",
    ),
    "why.row.held.why": (
        "{kind_said} {delivery} cho {name} qua {channel}: giữ lại: {why_said}",
        "{kind_said} {delivery} to {name} over {channel}: held: {why_said}",
    ),
    "why.row.leased": (
        "{kind_said} {delivery} cho {name} qua {channel}: đang gửi",
        "{kind_said} {delivery} to {name} over {channel}: being sent",
    ),
    "why.row.accepted": (
        "{kind_said} {delivery} cho {name} qua {channel}: nhà mạng hoặc máy chủ đã nhận gửi lúc {at}; chưa rõ đã đến",
        "{kind_said} {delivery} to {name} over {channel}: accepted by the provider at {at}; nothing more is known",
    ),
    "why.row.shown": (
        "{kind_said} {delivery} hiện trên {channel} lúc {at} cho ai đang ở đó",
        "{kind_said} {delivery} shown on {channel} at {at} to whoever is there",
    ),
    "why.row.delivered": (
        "{kind_said} {delivery} cho {name} qua {channel}: gửi lúc {at}, có biên nhận đã đến",
        "{kind_said} {delivery} to {name} over {channel}: sent at {at}, delivered: a receipt says so",
    ),
    "why.row.read": (
        "{kind_said} {delivery} cho {name} qua {channel}: gửi lúc {at}, đã đọc",
        "{kind_said} {delivery} to {name} over {channel}: sent at {at}, read",
    ),
    "why.row.cancelled": (
        "{kind_said} {delivery} cho {name} qua {channel}: bỏ lúc {at}",
        "{kind_said} {delivery} to {name} over {channel}: cancelled at {at}",
    ),
    "why.row.cancelled.why": (
        "{kind_said} {delivery} cho {name} qua {channel}: bỏ lúc {at}: {why_said}",
        "{kind_said} {delivery} to {name} over {channel}: cancelled at {at}: {why_said}",
    ),
    "why.row.dead": (
        "{kind_said} {delivery} cho {name} qua {channel}: không bao giờ gửi được",
        "{kind_said} {delivery} to {name} over {channel}: can never be sent",
    ),
    "why.row.dead.why": (
        "{kind_said} {delivery} cho {name} qua {channel}: không bao giờ gửi được: {why_said}",
        "{kind_said} {delivery} to {name} over {channel}: can never be sent: {why_said}",
    ),
    "why.row.digested.told": (
        "{kind_said} {delivery} cho {name} qua {channel}: gộp vào tin {digest}, đã nhận gửi qua {by} lúc {at}",
        "{kind_said} {delivery} to {name} over {channel}: named in notice {digest}, accepted over {by} at {at}",
    ),
    "why.row.digested": (
        "{kind_said} {delivery} cho {name} qua {channel}: gộp vào tin {digest}, chưa gửi được",
        "{kind_said} {delivery} to {name} over {channel}: named in notice {digest}, not sent yet",
    ),
    "why.well": ("Mọi phép đo đều tốt; không có gì phải báo", "All readings are good; there is nothing to tell"),
    "why.no_incident": (
        "Không có sự cố nào giải thích: chưa đủ lần đo xấu để kết luận, hoặc trung tâm không đo được",
        "No incident explains it: too few bad readings to conclude anything, or it could not be measured",
    ),
    "proof.title.timeline": ("diễn biến", "timeline"),
    "proof.title.messages": ("các tin", "messages"),
    "proof.last_good": ("Lần đo tốt cuối cùng trước sự cố", "Newest good reading before it"),
    "proof.message": (
        "{kind_said} {delivery} cho {name} qua {channel}: quyết định gửi",
        "{kind_said} {delivery} to {name} over {channel}: decided",
    ),
    "proof.attempt": (
        "tin {delivery}, lần gửi {n} qua {channel}: bắt đầu",
        "message {delivery}, attempt {n} over {channel}: begun",
    ),
    "proof.outcome.accepted": (
        "tin {delivery}, lần gửi {n}: {channel} đã nhận gửi (accepted), trả lời {answer}, mã {provider}",
        "message {delivery}, attempt {n}: accepted by {channel}, answer {answer}, id {provider}",
    ),
    "proof.outcome.transient": (
        "tin {delivery}, lần gửi {n}: {channel} tạm thời không nhận, trả lời {answer}",
        "message {delivery}, attempt {n}: {channel} does not take it for now, answer {answer}",
    ),
    "proof.outcome.rate_limited": (
        "tin {delivery}, lần gửi {n}: {channel} yêu cầu chờ, trả lời {answer}",
        "message {delivery}, attempt {n}: {channel} asks to wait, answer {answer}",
    ),
    "proof.outcome.permanent": (
        "tin {delivery}, lần gửi {n}: {channel} từ chối vĩnh viễn, trả lời {answer}",
        "message {delivery}, attempt {n}: {channel} refuses for good, answer {answer}",
    ),
    "proof.outcome.ambiguous": (
        "tin {delivery}, lần gửi {n} qua {channel}: không rõ đã đến chưa ({answer}), gửi lại cùng số",
        "message {delivery}, attempt {n} at {channel}: it may have arrived ({answer}), repeated with the same number",
    ),
    "proof.outcome.path_down": (
        "tin {delivery}, lần gửi {n}: đường của {channel} bị đứt ({answer})",
        "message {delivery}, attempt {n}: the path of {channel} is down ({answer})",
    ),
    "proof.cancelled": (
        "tin {delivery} qua {channel}: bỏ: {why_said}",
        "message {delivery} over {channel}: cancelled: {why_said}",
    ),
    "proof.dead": (
        "tin {delivery} qua {channel}: không bao giờ gửi được: {why_said}",
        "message {delivery} over {channel}: can never be sent: {why_said}",
    ),
    "proof.reply": (
        "Tin trả lời từ {sender} qua {channel}: {result_said}",
        "Reply from {sender} over {channel}: {result_said}",
    ),
    "proof.note": ("{by} ghi: {text}", "{by} noted: {text}"),
    "proof.state": (
        "{kind_said} {delivery} cho {name} qua {channel}: {state_said}; mã {provider}",
        "{kind_said} {delivery} to {name} over {channel}: {state_said}; id {provider}",
    ),
    "proof.state.queued": ("chờ gửi (queued)", "queued"),
    "proof.state.held": ("giữ lại (held)", "held"),
    "proof.state.leased": ("đang gửi (leased)", "being sent"),
    "proof.state.accepted": ("đã nhận gửi (accepted)", "accepted"),
    "proof.state.shown": ("đã hiện cho ai đang ở đó (accepted)", "accepted: shown to whoever is there"),
    "proof.state.delivered": ("đã đến (delivered)", "delivered"),
    "proof.state.read": ("đã đọc (read)", "read"),
    "proof.state.cancelled": ("đã bỏ (cancelled)", "cancelled"),
    "proof.state.dead": ("không gửi được (dead)", "dead"),
    "proof.words": (
        "accepted: nhà cung cấp đã nhận tin, không biết gì thêm. delivered, read: có biên nhận. Mỗi tin được gửi ít "
        "nhất một lần; tin trùng chỉ có sau lần gửi không rõ kết quả và mang cùng một số.",
        "accepted: the provider took it, nothing more is known. delivered, read: a receipt says so. Each message is "
        "sent at least once; a duplicate comes only after an attempt with unknown end, and bears the same number.",
    ),
    "proof.state.digested": ("nêu trong tin tổng hợp", "named in a digest"),
}
