"""Words for everything that can be wrong with the store."""

WORDS: dict[str, tuple[str, str]] = {
    "store.missing": (
        "Chưa có kho dữ liệu {path}: bộ giám sát chưa chạy. Hãy chạy: bt-console monitor -c TỆP_CẤU_HÌNH",
        "There is no store at {path}: the monitor has not run yet: start it with bt-console monitor -c CONFIG",
    ),
    "store.directory": (
        "{path} là một thư mục, không phải kho dữ liệu: hãy ghi tên một tệp, ví dụ {path}/store.db",
        "{path} is a directory, not a store: name a file, such as {path}/store.db",
    ),
    "store.no_directory": (
        "Không tạo được {path}: một phần của đường dẫn là tệp, không phải thư mục. Hãy sửa đường dẫn.",
        "{path} cannot exist: a part of that path is a file, not a directory. Correct the path.",
    ),
    "store.not_a_store": (
        "{path} không phải kho dữ liệu của bt-console: hãy chọn tệp khác, hoặc chuyển tệp này đi nơi khác.",
        "{path} is not a store of bt-console: name another file, or move this one away.",
    ),
    "store.newer": (
        "Kho {path} do phiên bản mới hơn ghi (lược đồ {found}, phiên bản này hiểu đến {known}): "
        "hãy nâng cấp bt-console, hoặc chọn kho khác.",
        "The store {path} was written by a newer version (schema {found}, this one knows up to {known}): "
        "update bt-console, or name another store.",
    ),
    "store.older": (
        "Kho {path} còn lược đồ cũ {found} (cần {known}): hãy chạy bộ giám sát, nó sẽ nâng cấp kho.",
        "The store {path} has the old schema {found} ({known} is needed): start the monitor, which upgrades it.",
    ),
    "store.locked": (
        "Một bộ giám sát khác (pid {pid}) đang ghi kho {path}: hãy dừng nó, hoặc chọn kho khác.",
        "another monitor (pid {pid}) writes this store, {path}: stop it, or name another store.",
    ),
    "store.permission": (
        "Không có quyền mở kho {path}: hãy chạy bằng tài khoản của bộ giám sát, hoặc sửa quyền của tệp và thư mục.",
        "No permission to open the store {path}: run as the monitor's user, or correct its modes and those above.",
    ),
    "store.read_only": (
        "Không ghi được kho {path}: tệp, thư mục hoặc ổ đĩa chỉ cho đọc. Hãy cho phép ghi, hoặc chọn kho khác.",
        "The store {path} cannot be written: the file, its directory or its disk is read-only. "
        "Make it writable, or name another store.",
    ),
    "store.full": (
        "Hết chỗ trên ổ đĩa của kho {path}: hãy giải phóng dung lượng. Dữ liệu đã ghi không mất.",
        "No space is left on the disk of the store {path}: free some. Nothing already stored is lost.",
    ),
    "store.damaged": (
        "Kho {path} bị hỏng: hãy khôi phục từ bản sao lưu, hoặc chuyển tệp đi để bắt đầu kho mới.",
        "The store {path} is damaged: restore a backup, or move the file away to begin a new one.",
    ),
    "store.busy": (
        "Kho {path} đang bị chương trình khác giữ: hãy thử lại; nếu vẫn vậy, tìm tiến trình bằng: fuser {path}",
        "The store {path} is held by another program: try again; if it stays so, find it with: fuser {path}",
    ),
    "store.contradiction": (
        "Kho {path} từ chối một thay đổi trái với quy tắc của nó ({error}): đây là lỗi của bt-console, "
        "hãy báo lỗi kèm nhật ký.",
        "The store {path} refuses a change that breaks a rule of its own ({error}): this is a fault of bt-console, "
        "report it with the log.",
    ),
    "store.failed": ("Kho {path} lỗi: {error}", "The store {path} failed: {error}"),
    "store.command_invalid": (
        "Lệnh không hợp lệ: {field} phải dài từ 1 đến {limit} ký tự.",
        "Invalid command: {field} must have 1 to {limit} characters.",
    ),
}
