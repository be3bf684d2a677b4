"""Sentences and labels of the pages of creators, campaigns, models, rights and the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RECORD_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "unknown": ("chưa rõ", "not known"),
    "yes": ("có", "yes"),
    "no": ("không", "no"),
    "show": ("Xem", "Show"),
    "month": ("Tháng", "Month"),
    "as_table": ("Xem dạng bảng", "As a table"),
    # Creators
    "creators.find": ("Tìm theo tên, tài khoản, lĩnh vực hoặc mã", "Find by name, handle, field or id"),
    "creators.ask": ("Tìm", "Find"),
    "creators.none": ("Không tìm thấy “{text}” trong dữ liệu.", "“{text}” is not in the data."),
    "creator.posts": ("{number} bài, từ {first} đến {last}", "{number} posts, from {first} to {last}"),
    "creator.accounts": ("Tài khoản", "Accounts"),
    "creator.handle": ("Tên tài khoản", "Handle"),
    "creator.followers": ("Người theo dõi", "Followers"),
    "creator.verified": ("Nền tảng đã xác thực", "Verified"),
    "creator.views": ("Lượt xem từng bài và dự báo bài tới", "Views of each post, and of the next"),
    "creator.place": ("Nền tảng, dạng nội dung", "Platform and format"),
    "creator.no_views": (
        "Chưa có lượt xem của bài nào ở đây. Nhập lượt xem bằng kolmatch import posts để có dự báo.",
        "No views are known here. Import views with kolmatch import posts to get a forecast.",
    ),
    "creator.next": ("Bài tới, sau 90 ngày, khoảng", "The next post, after 90 days, about"),
    "creator.few": (
        "Chưa đủ dữ liệu để dự báo: {number} bài có lượt xem, cần ít nhất 5.",
        "Too little data to forecast: {number} posts with views, five are needed.",
    ),
    "creator.chart": ("Biểu đồ lượt xem của {posts} bài theo ngày đăng.", "Views of {posts} posts by day."),
    "creator.ahead": (
        "Dự báo bài tới: {middle}, từ {low} đến {high}.",
        "The next post: {middle}, from {low} to {high}.",
    ),
    "creator.table": ("Các bài gần đây dạng bảng", "Recent posts as a table"),
    "creator.day": ("Ngày đăng", "Day"),
    "creator.text": ("Nội dung", "Text"),
    "creator.per_month": ("Số bài mỗi tháng", "Posts a month"),
    "creator.posts_chart": ("Biểu đồ số bài mỗi tháng, tất cả {posts} bài.", "Posts a month, {posts} in all."),
    "creator.count": ("Số bài", "Posts"),
    "creator.audience": ("Người xem từ 16 đến 30 tuổi ở địa bàn", "Viewers aged 16 to 30 in the area"),
    "creator.topics": ("Chủ đề hay nói", "Topics"),
    "creator.no_topics": ("Chưa có thẻ nào nổi bật.", "No telling hashtag."),
    "creator.past": ("Chiến dịch đã qua, dự báo đúng đến đâu", "Past campaigns, and how the forecast did"),
    "creator.no_past": ("Chưa tham gia chiến dịch nào của phòng ban.", "In none of the department's campaigns yet."),
    "creator.checks": ("Thẩm tra", "Checks"),
    "creator.no_checks": ("Chưa có mục thẩm tra nào.", "No check yet."),
    "creator.similar": ("Người nói cùng chủ đề", "Who speaks of the same things"),
    "help.accounts": (
        "Như nhà sáng tạo, đơn vị quản lý hoặc nền tảng đã cung cấp khi nhập dữ liệu.",
        "As the creator, agency or platform told when the data was imported.",
    ),
    "help.history": (
        "Mỗi chấm là một bài, lượt xem như lần đọc gần nhất; thang tăng 10 lần mỗi vạch. Dải bên phải là dự báo cho "
        "bài tới: 8 trong 10 bài rơi vào đó.",
        "Each dot is a post, views as last read; each line is ten times the one before. The band on the right is the "
        "forecast of the next post: it holds 8 in 10.",
    ),
    "help.audience": (
        "Từ báo cáo của nền tảng, nhà sáng tạo hoặc đơn vị quản lý; nếu không có thì ước lượng, và khoảng rộng hơn. "
        "Chỉ dùng số liệu tổng hợp.",
        "From reports of the platform, creator or agency; without one it is estimated, and the range is wider. "
        "Aggregates only.",
    ),
    "help.topics": (
        "Thẻ, số bài có thẻ đó, và dùng nhiều gấp mấy lần mức chung.",
        "A hashtag, how many posts carry it, and how many times more often than all.",
    ),
    # Campaigns
    "campaigns.none": (
        "Chưa mời ai. Khi ghi quyết định “mời” trong một danh sách, chiến dịch hiện ở đây.",
        "Nobody was invited yet. A decision “invited” on a shortlist makes a campaign appear here.",
    ),
    "campaign.parts": ("Từng người", "Creator by creator"),
    "campaign.invited": ("Đã mời", "Invited"),
    "campaign.known": ("Đã có kết quả", "With an outcome"),
    "campaign.held": ("Dự báo đúng", "Forecast held"),
    "campaign.of": ("{held} trong {all}", "{held} of {all}"),
    "campaign.untold": ("chưa so được", "not known yet"),
    "campaign.forecast": ("Dự báo người xem trẻ", "Young viewers forecast"),
    "campaign.came": ("Thực tế", "Came"),
    "campaign.in": ("trong khoảng", "inside"),
    "campaign.out": ("ngoài khoảng", "outside"),
    "campaign.cost": ("Chi phí", "Cost"),
    "campaign.nobody": ("Chưa mời ai cho yêu cầu này.", "Nobody was invited for this brief yet."),
    "help.held": (
        "Số người có kết quả rơi vào khoảng dự báo 80 % của danh sách; về lâu dài khoảng 8 trong 10.",
        "How many outcomes fell into the list's 80% interval; in the long run about 8 in 10.",
    ),
    "outcome.title": ("Ghi kết quả", "Write down an outcome"),
    "outcome.lead": (
        "Ô để trống nghĩa là chưa rõ, không phải bằng 0. Kết quả ghi sau thay cho kết quả trước.",
        "What is left empty is not known, which is not zero. A later outcome speaks for an earlier one.",
    ),
    "outcome.accepted": ("Đã nhận lời", "Accepted"),
    "outcome.published": ("Đã đăng bài", "Published"),
    "outcome.views": ("Lượt xem", "Views"),
    "outcome.viewers": ("Người xem đúng độ tuổi, địa bàn", "Viewers of the target"),
    "outcome.cost": ("Chi phí (đồng)", "Cost (đồng)"),
    "outcome.keep": ("Ghi kết quả", "Keep the outcome"),
    # Models
    "models.live": (
        "Đang dùng: mô hình tháng {month}, phiên bản {version},",
        "Live: model of {month}, version {version},",
    ),
    "models.refused": ("Mô hình mới nhất chưa dùng được:", "The newest model cannot be used:"),
    "models.reload": ("Nạp mô hình mới nhất", "Load the newest model"),
    "models.kept": ("Các mô hình trên máy chủ", "Models kept here"),
    "models.id": ("Mã", "Id"),
    "models.data": ("Dữ liệu", "Data"),
    "models.synthetic": ("mẫu, không có thật", "synthetic"),
    "models.real": ("thật", "real"),
    "models.figures": ("Số đo", "Figures"),
    "models.show": ("{number} số đo", "{number} figures"),
    "models.answers": ("đang trả lời", "live"),
    "models.champion": ("được chọn", "champion"),
    "help.figures": (
        "Đo trên những tuần cuối giữ lại, không dùng để học: câu hỏi là bài tiếp theo của ai, ai tham gia thẻ nào.",
        "Measured on the last weeks held out of training: whose next post, who joins which hashtag.",
    ),
    "months.title": ("Lượt xem của mọi người theo tháng", "Everybody's views by month"),
    "months.chart": (
        "Biểu đồ lượt xem chung của {months} tháng so với mức thường; số liệu ở bảng bên dưới.",
        "Everybody's views over {months} months against the usual; the figures are in the table below.",
    ),
    "reports.title": ("Mỗi tháng khác gì", "What each month changed"),
    "reports.none": (
        "Chưa có lần huấn luyện lại hằng tháng nào (kolmatch retrain).",
        "There was no monthly retraining yet (kolmatch retrain).",
    ),
    "help.reports": (
        "Việc hằng tháng so mô hình mới với mô hình đang dùng trên những bài cả hai chưa thấy, và ghi lại ai lên, ai "
        "xuống, vì sao; từ ngữ, lượt xem, khán giả và lượng dữ liệu đổi thế nào.",
        "The monthly job compares the new model with the live one on posts that neither has seen, and tells who rose "
        "and fell and why, and how words, views, audiences and volume moved.",
    ),
    "months.factor": ("So với mức thường", "Against the usual"),
    "months.jump": ("Đổi đột ngột", "Sudden change"),
    "months.jumps": ("Tháng đổi đột ngột, lịch sử đã hiệu chỉnh", "Sudden changes; histories were corrected"),
    "months.none": ("Mô hình này chưa có lượt xem theo tháng.", "This model has no views by month."),
    "help.months": (
        "So mọi người với mức thường của chính họ: nền tảng đổi cách đếm hoặc cách phân phối thì mọi người cùng đổi. "
        "Chấm đỏ là tháng đổi đột ngột, đã hiệu chỉnh.",
        "Everybody against their own usual: when a platform counts or distributes otherwise, all change together. A "
        "red dot is a sudden change, corrected for.",
    ),
    # Rights
    "rights.title": ("Yêu cầu về dữ liệu của nhà sáng tạo", "What creators asked for"),
    "rights.due": ("Việc đến hạn", "What is due"),
    "rights.by_when": ("Hạn", "By"),
    "rights.step": ("Việc", "To do"),
    "rights.kind": ("Yêu cầu", "Request"),
    "rights.kind_hint": (
        "Từ khi ghi yêu cầu rút hoặc xóa, người đó không còn được nêu trong câu trả lời nào.",
        "From an opt-out or erasure on, no answer names the creator any more.",
    ),
    "rights.request": ("Mã yêu cầu", "Request id"),
    "rights.do": ("Đã làm", "Done"),
    "rights.answered": ("Đã trả lời", "Answered"),
    "rights.completed": ("Đã thực hiện", "Carried out"),
    "rights.erase": ("kolmatch erase trên máy chủ", "kolmatch erase on the server"),
    "rights.late": ("trễ {days} ngày", "{days} days late"),
    "rights.left": ("còn {days} ngày", "{days} days left"),
    "rights.nothing": ("Không có việc nào đang chờ.", "Nothing is waiting."),
    "rights.new": ("Ghi yêu cầu mới", "A new request"),
    "rights.creator": ("Mã nhà sáng tạo", "Creator id"),
    "rights.creator_hint": ("Như trong dữ liệu đã nhập.", "As in the imported data."),
    "rights.keep": ("Ghi yêu cầu", "Keep the request"),
    "rights.unknown": (
        "Đã ghi yêu cầu, nhưng mô hình đang dùng không có ai mang mã {id}. Hãy kiểm tra mã: nếu gõ sai, người gửi yêu "
        "cầu vẫn còn trong danh sách.",
        "The request is kept, but the live model lists nobody under the id {id}. Check it: after a slip, whoever asked "
        "is still on the lists.",
    ),
    "rights.alike": ("Mã gần giống:", "Ids like it:"),
    "rights.all": ("Mọi yêu cầu", "Every request"),
    "rights.received": ("Nhận ngày", "Received"),
    "rights.answer_due": ("Hạn trả lời", "Answer by"),
    "rights.complete_due": ("Hạn thực hiện", "Carry out by"),
    "rights.done": ("xong {day}", "done {day}"),
    "rights.none": ("Chưa có yêu cầu nào.", "No request yet."),
    "help.due": (
        "Trả lời trong 2 ngày làm việc, thực hiện trong 10 đến 20 ngày tùy loại (Nghị định 356/2025/NĐ-CP, Điều 5).",
        "Answered in 2 working days, carried out in 10 to 20 days by kind (Decree 356/2025/NĐ-CP, Article 5).",
    ),
    # Audit
    "audit.who": ("Ai", "Who"),
    "audit.what": ("Việc", "What"),
    "audit.which": ("Với mục nào", "Which"),
    "audit.version": ("Phiên bản", "Version"),
    "audit.check": ("Kiểm tra toàn bộ chuỗi", "Check the whole chain"),
    "audit.whole": ("Chuỗi nguyên vẹn: {number} mục, mã cuối", "The chain is whole: {number} entries, the last hash"),
    "audit.none": ("Chưa có mục nào.", "No entry yet."),
    "help.audit": (
        "Mỗi mục mang mã băm của mục trước: sửa, xóa hay chèn đều bị phát hiện. Chỉ ghi mã, không ghi tên, nội dung.",
        "Each entry carries the hash of the one before: a change, removal or insertion shows. References only.",
    ),
}
