"""Every sentence and label of the pages: (Vietnamese, English). Words for codes stand in `codes.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from serving.pages.wording_records import RECORD_WORDS
from serving.problems import Language

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # Every page
    "skip": ("Đến nội dung chính", "Skip to the content"),
    "brand": ("chính sách đến giới trẻ", "policies to the young"),
    "nav": ("Các phần", "Sections"),
    "nav.briefs": ("Yêu cầu", "Briefs"),
    "nav.campaigns": ("Chiến dịch", "Campaigns"),
    "nav.creators": ("Nhà sáng tạo", "Creators"),
    "nav.models": ("Mô hình", "Models"),
    "nav.rights": ("Quyền dữ liệu", "Rights"),
    "nav.audit": ("Nhật ký", "Audit"),
    "signout": ("Đăng xuất", "Sign out"),
    "synthetic": (
        "Dữ liệu mẫu, không có người thật: mô hình học từ thế giới giả lập. Không dùng để quyết định.",
        "Synthetic data, no real person: the model was trained on an invented world. Not for decisions.",
    ),
    "demo": (
        "Bản chạy thử trên máy này: xem và hỏi được, không lưu gì. Để lưu yêu cầu và quyết định, quản trị viên tạo "
        "khóa bằng lệnh kolmatch keys create.",
        "A demo on this machine: look and ask; nothing is kept. To keep briefs and decisions, the administrator makes "
        "a key with kolmatch keys create.",
    ),
    "foot": (
        "Danh sách chỉ để hỗ trợ; người có thẩm quyền xem xét, quyết định và chịu trách nhiệm (Luật Trí tuệ nhân tạo "
        "134/2025/QH15, Điều 27). Trẻ em và người đã yêu cầu không tham gia không bao giờ được nêu.",
        "Lists only support; a person in charge reviews, decides and answers (AI Law 134/2025/QH15, Article 27). "
        "Minors and those who opted out are never named.",
    ),
    "help": ("Giải thích", "Explain"),
    "found": ("tìm thấy trong văn bản", "found in the text"),
    "faults": ("Cần sửa trước khi gửi:", "Please mend:"),
    "older": ("Cũ hơn", "Older"),
    "back": ("Quay lại", "Back"),
    "back_to_list": ("Quay lại danh sách", "Back to the list"),
    "all": ("tất cả", "all"),
    "not_said": ("không nêu", "not said"),
    "department": ("Phòng ban", "Department"),
    "model": ("mô hình", "model"),
    "creator": ("Nhà sáng tạo", "Creator"),
    "source": ("Nguồn", "Source"),
    "error.next": (
        "Hãy quay lại trang trước để sửa; những gì đã lưu không bị mất.",
        "Go back to mend it; nothing that was kept is lost.",
    ),
    "error.home": ("Về trang đầu", "First page"),
    "error.id": ("Mã yêu cầu, để báo quản trị viên", "Request id, for the administrator"),
    # Briefs
    "briefs.title": ("Yêu cầu truyền thông", "Briefs"),
    "briefs.new": ("Tạo yêu cầu mới", "New brief"),
    "briefs.none": (
        "Chưa có yêu cầu nào. Hãy bấm “Tạo yêu cầu mới”, dán văn bản hoặc chọn tệp Word, PDF.",
        "No brief yet. Press “New brief”, then paste a text or choose a Word or PDF file.",
    ),
    "briefs.none_demo": (
        "Bản chạy thử không lưu yêu cầu. Hãy bấm “Tạo yêu cầu mới” để xem danh sách đề xuất.",
        "The demo keeps no briefs. Press “New brief” to see a shortlist.",
    ),
    "brief.name": ("Tên yêu cầu", "Brief"),
    "brief.kept": ("Ngày lưu", "Kept on"),
    "brief.lists": ("Danh sách đề xuất", "Shortlists"),
    "brief.no_list": ("chưa có", "none yet"),
    "brief.no_list_yet": (
        "Chưa có danh sách nào cho yêu cầu này. Bấm nút dưới đây để tạo.",
        "No shortlist for this brief yet. Press the button below to make one.",
    ),
    "brief.revision": ("Lần sửa", "Revision"),
    "brief.edit": ("Sửa yêu cầu", "Edit the brief"),
    "brief.conditions": ("Giữ điều kiện của danh sách gần nhất:", "With the conditions of the newest list:"),
    "brief.list_again": ("Tạo danh sách theo mô hình hiện tại", "Make a shortlist with today's model"),
    "brief.chosen": ("Đã chọn cho yêu cầu này", "Chosen for this brief"),
    "brief.said": ("Nội dung yêu cầu", "What the brief says"),
    "new.title": ("Yêu cầu mới", "New brief"),
    "new.lead": (
        "Dán văn bản hoặc chọn tệp: hệ thống tìm các ý chính, độ tuổi, địa bàn, nền tảng, dạng nội dung và kinh phí, "
        "rồi bạn xem lại và sửa. Cũng có thể điền thẳng vào các ô bên dưới.",
        "Paste a text or choose a file: main points, ages, places, platforms, formats and budget are found, for you "
        "to look over and change. Or fill in the fields below directly.",
    ),
    "new.step1": ("1. Lấy từ văn bản có sẵn", "1. From a document"),
    "new.step2": ("2. Xem lại và sửa", "2. Look over and change"),
    "new.document": ("Tệp Word hoặc PDF", "Word or PDF file"),
    "new.document_hint": (
        "Kéo thả tệp vào đây hoặc bấm để chọn. Tệp không được lưu lại.",
        "Drop a file here or press to choose. The file is not kept.",
    ),
    "new.pasted": ("Hoặc dán văn bản", "Or paste the text"),
    "new.pasted_hint": (
        "Toàn văn kế hoạch, công văn hoặc vài câu mô tả.",
        "The whole plan or letter, or a few sentences.",
    ),
    "new.read": ("Đọc và điền các ô", "Read and fill in"),
    "new.cut": (
        "Văn bản quá dài: chỉ phần đầu được dùng.",
        "The text is too long: only its beginning is used.",
    ),
    "new.list": ("Tạo danh sách đề xuất", "Make a shortlist"),
    "new.keep": ("Chỉ lưu yêu cầu", "Keep the brief only"),
    "new.revise": ("Lưu bản sửa", "Keep the revision"),
    "similar.title": ("Yêu cầu tương tự trước đây", "Earlier briefs like it"),
    "similar.help": (
        "So theo nghĩa giữa tên yêu cầu này và các yêu cầu đã lưu của phòng ban; 100 % là giống hệt. Quyết định lấy từ "
        "nhật ký quyết định.",
        "By meaning, between this title and the department's kept briefs; 100% is the same. Choices are the decisions "
        "that were kept.",
    ),
    "similar.near": ("gần nghĩa", "likeness"),
    "similar.nobody": ("khi đó chưa chọn ai", "nobody was chosen then"),
    "similar.imported": ("Trong dữ liệu đã nhập", "Among imported briefs"),
    "f.title": ("Tên yêu cầu", "Title"),
    "f.title_hint": ("Một câu: cần truyền thông điều gì, cho ai.", "One sentence: what is to be carried, to whom."),
    "f.text": ("Toàn văn", "Full text"),
    "f.text_hint": (
        "Không bắt buộc. Càng cụ thể, bằng chứng càng sát.",
        "Optional. The more specific, the closer the evidence.",
    ),
    "f.must": ("Ý bắt buộc", "Must be covered"),
    "f.must_hint": (
        "Mỗi dòng một ý. Người chưa có bài về ý này bị ghi rõ.",
        "One a line. Whoever has no post on it is told.",
    ),
    "f.nice": ("Nên có", "Welcome"),
    "f.must_not": ("Phải tránh", "To be avoided"),
    "f.line_hint": ("Mỗi dòng một ý.", "One a line."),
    "f.ages": ("Độ tuổi", "Ages"),
    "f.age_min": ("Tuổi từ", "Age from"),
    "f.age_max": ("đến", "to"),
    "f.area": ("Địa bàn", "Area"),
    "f.provinces": ("Tỉnh, thành", "Provinces"),
    "f.provinces_hint": (
        "Chỉ cần khi chọn “tỉnh, thành khác”; nhiều nơi cách nhau bằng dấu phẩy.",
        "Only with “other provinces”; several apart by commas.",
    ),
    "f.platforms": ("Nền tảng", "Platforms"),
    "f.platform": ("Nền tảng", "Platform"),
    "f.formats": ("Dạng nội dung", "Formats"),
    "f.format": ("Dạng nội dung", "Format"),
    "f.kind": ("Loại", "Kind"),
    "f.all_hint": ("Không chọn ô nào nghĩa là tất cả.", "None ticked means all."),
    "f.budget": ("Kinh phí (đồng)", "Budget (đồng)"),
    "f.budget_hint": ("Ví dụ 300.000.000. Để trống nếu chưa có.", "For example 300.000.000. Leave empty if not known."),
    "f.team": ("Số người cần mời", "Creators to invite"),
    "f.team_hint": ("Để trống nếu chưa định.", "Leave empty if not decided."),
    "f.who": ("Ai được xét, xếp thứ tự thế nào", "Who is considered, and in what order"),
    "f.by": ("Xếp theo", "Order by"),
    "f.top": ("Số người trong danh sách", "Length of the list"),
    "f.kinds": ("Loại nhà sáng tạo", "Kinds of creators"),
    "f.tiers": ("Theo số người theo dõi", "By followers"),
    "f.home": ("Nơi ở của nhà sáng tạo", "Where creators live"),
    "f.home_hint": (
        "Tên tỉnh, thành, cách nhau bằng dấu phẩy; để trống là bất kỳ.",
        "Provinces apart by commas; empty means anywhere.",
    ),
    "f.rate": ("Giá một bài nhiều nhất (đồng)", "Highest rate of a post (đồng)"),
    "f.unverified": ("Chỉ tài khoản chưa được nền tảng xác thực", "Accounts that are not verified only"),
    "f.verified": ("Chỉ tài khoản đã được nền tảng xác thực", "Verified accounts only"),
    # A shortlist
    "list.title": ("Danh sách đề xuất", "Shortlist"),
    "list.brief": ("Yêu cầu", "Brief"),
    "list.made": ("Lập lúc", "Made at"),
    "list.status": ("Trạng thái", "Status"),
    "list.until": ("dữ liệu đến", "data until"),
    "list.empty": (
        "Không có ai đạt điều kiện. Hãy bớt điều kiện lọc, nền tảng hoặc dạng nội dung rồi tạo lại.",
        "Nobody meets the conditions. Ask for fewer platforms, formats or filters, then try again.",
    ),
    "list.uncovered": ("Chưa ai trong danh sách có bài về:", "Nobody on the list has a post on:"),
    "list.unknown": ("Từ không có trong bài nào:", "Words that no post has:"),
    "list.people": ("Người được đề xuất", "Creators proposed"),
    "list.shown": ("Hiện {shown} trong {all} người.", "Showing {shown} of {all}."),
    "list.none_picked": ("Không ai khớp bộ lọc. Hãy bỏ bớt điều kiện.", "Nobody matches. Take a filter off."),
    "list.conditions": ("Điều kiện đã đặt:", "Conditions that were set:"),
    "list.excluded": ("Không xét:", "Left out:"),
    "list.shifts": (
        "Tháng lượt xem của mọi người trên nền tảng đổi đột ngột, đã hiệu chỉnh",
        "Months in which everybody's views on a platform changed suddenly; corrected for",
    ),
    "filter.title": ("Lọc và sắp xếp", "Filter and sort"),
    "filter.sort": ("Sắp xếp", "Sort by"),
    "filter.facet": ("Có bài về ý", "Covers"),
    "filter.decision": ("Quyết định", "Decision"),
    "filter.undecided": ("chưa quyết định", "none yet"),
    "filter.clean": ("Ẩn người có dấu hiệu mua tương tác", "Hide signs of bought attention"),
    "filter.apply": ("Áp dụng", "Apply"),
    "rank": ("Hạng", "Place"),
    "legend.who": ("Nhà sáng tạo, nơi đăng tốt nhất", "Creator, best place to post"),
    "legend.viewers": ("Người xem trẻ của một bài", "Young viewers of a post"),
    "legend.fit": ("Phù hợp chủ đề", "Fit"),
    "legend.cost": ("Chi phí cho 1.000 người xem trẻ", "Cost of 1,000 young viewers"),
    "help.viewers": (
        "Dự báo từ lượt xem các bài trước nhân với tỷ lệ người xem đúng độ tuổi, địa bàn. Thanh là khoảng 80 %: 8 "
        "trong 10 bài rơi vào đó; chấm là mức giữa. Mọi người cùng một thang, mỗi vạch gấp 10 lần.",
        "Forecast from views of earlier posts times the share of viewers of the right age and place. The bar holds 8 "
        "posts in 10, the dot is the middle. One scale for all; each line is ten times the one before.",
    ),
    "help.fit": (
        "So với người phù hợp nhất trong danh sách (100 %): bài đã đăng giống yêu cầu đến đâu về từ ngữ, nghĩa và thẻ.",
        "Against the best fit on this list (100%): how like the brief the posts are in words, meaning and hashtags.",
    ),
    "help.cost": (
        "Giá một bài do nhà sáng tạo hoặc đơn vị quản lý báo, chia cho số người xem trẻ trung bình.",
        "The rate of a post as the creator or agency gave it, over the expected young viewers.",
    ),
    "help.tie": (
        "Trong một nhóm, số liệu chưa đủ để nói ai hơn ai: hãy chọn theo bằng chứng và điều kiện khác.",
        "Within a group the data cannot say who is better: choose by evidence and other grounds.",
    ),
    "help.views": (
        "Lượt xem dự báo của một bài về chủ đề này sau 90 ngày, từ các bài trước của chính người đó.",
        "Views expected of a post on this topic after 90 days, from the creator's own earlier posts.",
    ),
    "help.share": (
        "Tỷ lệ người xem đúng độ tuổi và địa bàn; nguồn số liệu ghi ngay bên dưới.",
        "Share of viewers of the target's age and area; the source stands below it.",
    ),
    "tie": (
        "Nhóm {number}, {people} người: số liệu chưa phân biệt được ai hơn ai",
        "Group {number}, {people} creators: not told apart by the data",
    ),
    "tie.one": ("Nhóm {number}", "Group {number}"),
    "tie.short": ("Nhóm", "Group"),
    "viewers.said": ("khoảng {middle} người, từ {low} đến {high}", "about {middle}, from {low} to {high}"),
    "viewers.posts": ("{number} bài có lượt xem", "{number} posts with views"),
    "views": ("Lượt xem", "Views"),
    "share": ("Tỷ lệ người trẻ ở địa bàn", "Share of the young in the area"),
    "people": ("{number} người", "{number} people"),
    "cost.unknown": ("chưa có giá", "no rate known"),
    "kind.unknown": ("chưa rõ loại", "kind not known"),
    "gone": ("đã yêu cầu không tham gia", "has opted out"),
    "against": ("Lưu ý", "Against"),
    "few.title": ("Chưa đủ dữ liệu để dự báo", "Too little data to forecast"),
    "few.help": (
        "Nội dung phù hợp nhưng chưa đủ bài có lượt xem để nói sẽ đến được bao nhiêu người trẻ; xếp theo mức phù hợp.",
        "They fit, but too few posts have known views to say how many young people they reach; ordered by fit.",
    ),
    "few.short": ("chưa đủ dữ liệu", "too little data"),
    "matrix.title": ("Ai có bài về ý nào", "Who covers what"),
    "matrix.help": (
        "“Có” khi bài gần nhất với ý đó có đủ từ của ý, hoặc nói cùng nghĩa. Ý phải tránh: “có chạm” là điều bất lợi.",
        "“Yes” when the best post has the words of the point, or says the same. For what is to be avoided, “touched” "
        "speaks against a creator.",
    ),
    "matrix.yes": ("có", "yes"),
    "matrix.no": ("chưa", "no"),
    "matrix.touched": ("có chạm", "touched"),
    "table.title": ("Xem dạng bảng", "As a table"),
    "compare.title": ("So sánh", "Compare"),
    "compare.do": ("So sánh người đã đánh dấu", "Compare those ticked"),
    "compare.pick": ("So sánh", "Compare"),
    "compare.hint": ("Đánh dấu từ 2 đến 4 người.", "Tick two to four."),
    # Why not, nominate
    "why.title": ("Vì sao không có …?", "Why not …?"),
    "why.name": ("Tên hoặc tài khoản", "Name or handle"),
    "why.hint": ("Gõ không dấu cũng được.", "Diacritics may be left out."),
    "why.ask": ("Hỏi", "Ask"),
    "why.several": ("Bạn muốn hỏi về ai?", "Whom do you mean?"),
    "why.nobody": (
        "Không tìm thấy “{name}” trong dữ liệu. Nếu người này chưa có trong dữ liệu, hãy đề cử ở phần dưới.",
        "“{name}” is not in the data. Someone who is not in it can be nominated below.",
    ),
    "why.blocked": (
        "Bị người có thẩm quyền chặn trong chiến dịch này, có lý do ở mục thẩm tra.",
        "Blocked for this campaign by a person in charge; the reason stands with the checks.",
    ),
    "why.outside": (
        "Không xét: không có bài trên nền tảng, dạng nội dung của yêu cầu, hoặc không đạt điều kiện lọc.",
        "Not considered: no post on the platforms or in the formats of the brief, or outside the filters.",
    ),
    "why.rank": ("Hạng {rank} trong {of} người.", "Place {rank} of {of}."),
    "why.today": ("Theo mô hình đang dùng.", "By the live model."),
    "why.above": ("So với người ngay trên: {name}", "Against the one right above: {name}"),
    "why.parts": ("Từng phần", "Part by part"),
    "why.part": ("Phần", "Part"),
    "why.lead": ("Người trên hơn", "Lead of the one above"),
    "why.swap": (
        "Thay đổi nhỏ nhất để đổi chỗ: {part} gấp {factor} lần.",
        "Smallest change that would swap them: {part} times {factor}.",
    ),
    "nominate.title": ("Đề cử người chưa có trong dữ liệu", "Nominate someone who is not in the data"),
    "nominate.open": ("Dán chú thích bài đăng của người đó", "Paste captions of theirs"),
    "nominate.lead": (
        "So mức phù hợp của người đó với những người trong danh sách, bằng số bài như nhau. Không lưu gì.",
        "Compares their fit with those on the list by as many posts each. Nothing is kept.",
    ),
    "nominate.name": ("Tên người được đề cử", "Name"),
    "nominate.captions": ("Chú thích bài đăng", "Captions"),
    "nominate.hint": ("Mỗi dòng một bài, từ 20 đến 50 bài gần đây.", "One post a line, 20 to 50 recent ones."),
    "nominate.ask": ("Xem thứ hạng", "See the place"),
    "nominate.place": (
        "{name} đứng thứ {place} trong {of} người về mức phù hợp.",
        "{name} would be number {place} of {of} by fit.",
    ),
    "nominate.meaning": (
        "Chỉ so chủ đề: chưa có lượt xem nên chưa nói được sẽ đến bao nhiêu người trẻ.",
        "By topic alone: without views nothing can be said of how many young people they reach.",
    ),
    "nominate.others": ("So với những ai", "Compared with"),
    # Deciding
    "decide.title": ("Quyết định", "Decide"),
    "decide.open": ("Quyết định", "Decide"),
    "decide.reason": ("Lý do", "Reason"),
    "decide.by": ("Người quyết định (họ tên)", "Who decides (full name)"),
    "decide.keep": ("Ghi quyết định", "Keep the decision"),
    "decision": ("Quyết định", "Decision"),
    "decisions": ("Các quyết định đã ghi", "Decisions kept"),
    "decisions.none": (
        "Chưa ghi quyết định nào. Bấm “Quyết định” ở từng người trong danh sách.",
        "No decision yet. Press “Decide” beside a creator.",
    ),
    "notes.title": ("Ghi chú", "Notes"),
    "notes.add": ("Thêm ghi chú", "Add a note"),
    "notes.text": ("Ghi chú", "Note"),
    "notes.by": ("Người ghi (họ tên)", "Who notes it (full name)"),
    "notes.keep": ("Lưu ghi chú", "Keep the note"),
    "notes.number": ("{number} ghi chú", "notes: {number}"),
    "reason": ("Lý do", "Reason"),
    "by": ("Người quyết định", "Who decided"),
    "at": ("Lúc", "At"),
    "checks.compute": ("Thẩm tra mọi người trong danh sách", "Look into everyone on the list"),
    "checks.open": ("{number} mục thẩm tra chưa kết luận", "open checks: {number}"),
    "checks.settle": ("Kết luận", "Settle"),
    "checks.keep": ("Ghi kết luận", "Keep"),
    "checks.until": ("Đến hết ngày", "Until"),
    "checks.until_hint": ("Đến hết ngày (ngày/tháng/năm)", "Until (day/month/year)"),
    "step.title": ("Quyết định và trình duyệt", "Decide, propose, approve"),
    "step.draft": (
        "Danh sách đang là bản nháp. Đề xuất để người có thẩm quyền duyệt.",
        "The list is a draft. Propose it to whoever approves.",
    ),
    "step.proposed": (
        "Danh sách đã được đề xuất. Người duyệt phải khác người đề xuất.",
        "The list is proposed. Whoever approves must be another person.",
    ),
    "step.waits": ("Đang chờ người có thẩm quyền duyệt.", "Waiting for approval."),
    "step.approved": ("Danh sách đã được duyệt.", "The list is approved."),
    "step.by": ("Người chịu trách nhiệm (họ tên)", "Who answers for it (full name)"),
    "step.reason": ("Lý do", "Reason"),
    "step.propose": ("Đề xuất", "Propose"),
    "step.approve": ("Duyệt", "Approve"),
    "step.return": ("Trả lại", "Send back"),
    "export.title": ("Xuất phiếu trình", "Export the paper"),
    "export.docx": ("Phiếu trình Word", "Paper (Word)"),
    "export.pdf": ("PDF", "PDF"),
    "export.xlsx": ("Excel", "Excel"),
    "export.html": ("Bản để in", "To print"),
    "export.csv": ("Mục thẩm tra (CSV)", "Checks (CSV)"),
    **RECORD_WORDS,
}


def in_language(language: Language) -> Callable[..., str]:
    """What gives a text of `WORDS` in one language, its blanks filled in."""
    place = int(language == "en")

    def text(name: str, /, **filled: object) -> str:
        return WORDS[name][place].format(**filled) if filled else WORDS[name][place]

    return text
