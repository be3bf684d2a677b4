"""What people type for short, and what they mean: one small table, read by every text that is matched.

Only short forms with one usual meaning stand here. Left out on purpose: pronouns of one letter ("a", "e", "t", "m",
"c", "b": also vitamins, sizes and class names), forms with two topical meanings ("ck" spouse or transfer, "tk"
account or friend, "tt", "nt", "gd", "dt", "bt", "ms"), and slang that is a word of its own ("thui" grilled, "bit"
beefsteak, "hem" alley, "hong" dry). No expansion contains a short form, so expanding twice changes nothing.
"""

from __future__ import annotations

from typing import Final

_CHAT: Final = """
ko k kh hok khg khum khôm hơm kô kông khog = không
dc đc đuoc đươc = được
r rùi gòi = rồi
j zì gj = gì
z zậy zị dzậy zạy dzị = vậy
h jờ gìơ = giờ
vs dới zới dzới = với
cx cg cũg cug = cũng
ng ngừi = người
mn mng mnguoi = mọi người
ntn nhtn = như thế nào
wa qa qá wá = quá
trc trk = trước
lm = làm
lun = luôn
iu iêu = yêu
mk mik mìnk = mình
nx = nữa
zui dzui = vui
zô dzô = vô
zai = trai
zợ dợ vk = vợ
zìa dìa = về
zề dzề = về
zà = và
nhìu = nhiều
mún = muốn
hỉu = hiểu
bik bjk bíc = biết
thik thix thjk thíc = thích
thoy = thôi
chiện chiẹn = chuyện
cừi = cười
ùi = rồi
ik = đi
nek = nè
ak = à
iem iêm = em
cj = chị
pé = bé
pà = bà
fải fai = phải
xog = xong
đag dag = đang
nhg nhưg = nhưng
ngta nta ngkta = người ta
hnay hnai = hôm nay
hqua = hôm qua
bgio bjo bjờ = bây giờ
bnhiu bnhiêu bnh = bao nhiêu
ntnao = như thế nào
lsao = làm sao
vsao = vì sao
tsao = tại sao
ny = người yêu
ae = anh em
cmay = chúng mày
cta = chúng ta
cmt cmts comt = bình luận
ib ibx = inbox
fb fbook = facebook
ytb = youtube
ig insta = instagram
ntin = nhắn tin
tym = tim
đthoai đtdđ = điện thoại
sđt sdt sđth = số điện thoại
uh uhm ukm = ừ
nchung = nói chung
nc = nước
kqua = kết quả
hdan hdẫn = hướng dẫn
trog = trong
wen = quên
siu = siêu
nhoa = nha
chx = chưa
trùi chời = trời
"""

_PUBLIC: Final = """
tp = thành phố
hcm hcmc = hồ chí minh
tphcm tphochiminh = thành phố hồ chí minh
hn = hà nội
sg = sài gòn
đn = đà nẵng
vn vnam vietnam = việt nam
brvt = bà rịa vũng tàu
ubnd = ủy ban nhân dân
hđnd hdnd = hội đồng nhân dân
mttq = mặt trận tổ quốc
dvc = dịch vụ công
dvctt = dịch vụ công trực tuyến
tthc = thủ tục hành chính
cchc = cải cách hành chính
cccd = căn cước công dân
cmnd = chứng minh nhân dân
bhxh = bảo hiểm xã hội
bhyt = bảo hiểm y tế
bhtn = bảo hiểm thất nghiệp
csgt = cảnh sát giao thông
atgt = an toàn giao thông
gtvt = giao thông vận tải
gtcc = giao thông công cộng
gplx = giấy phép lái xe
gpkd = giấy phép kinh doanh
dkkd đkkd = đăng ký kinh doanh
gksh = giấy khai sinh
attp = an toàn thực phẩm
vsattp = vệ sinh an toàn thực phẩm
pccc = phòng cháy chữa cháy
cntt = công nghệ thông tin
cđs = chuyển đổi số
nvqs = nghĩa vụ quân sự
qđnd = quân đội nhân dân
bca = bộ công an
bqp = bộ quốc phòng
bgdđt = bộ giáo dục và đào tạo
byt = bộ y tế
sv svien = sinh viên
hs hsinh = học sinh
hssv = học sinh sinh viên
gv gvien = giáo viên
thpt = trung học phổ thông
thcs = trung học cơ sở
thptqg = trung học phổ thông quốc gia
đh = đại học
đhqg = đại học quốc gia
đgnl dgnl = đánh giá năng lực
ktx = ký túc xá
clb = câu lạc bộ
tncs = thanh niên cộng sản
tnxp = thanh niên xung phong
tnv = tình nguyện viên
đvtn = đoàn viên thanh niên
bv = bệnh viện
bs = bác sĩ
mxh = mạng xã hội
tmđt tmdt = thương mại điện tử
bđs bds = bất động sản
nlđ nld = người lao động
xklđ xkld = xuất khẩu lao động
hđlđ hdld = hợp đồng lao động
tncn = thu nhập cá nhân
tndn = thu nhập doanh nghiệp
gtgt = giá trị gia tăng
mst = mã số thuế
stk = số tài khoản
hkd = hộ kinh doanh
cty = công ty
tnhh = trách nhiệm hữu hạn
sp spham = sản phẩm
sx = sản xuất
nxb = nhà xuất bản
vđv = vận động viên
hcv = huy chương vàng
btc = ban tổ chức
ktxh = kinh tế xã hội
qđ = quyết định
nđ = nghị định
kcn = khu công nghiệp
kdc = khu dân cư
ttâm = trung tâm
bvmt = bảo vệ môi trường
sxh = sốt xuất huyết
nct = người cao tuổi
nkt = người khuyết tật
"""


def _read(table: str) -> dict[str, tuple[str, ...]]:
    lines = (line.split(" = ") for line in table.strip().splitlines())
    return {short: tuple(meaning.split()) for shorts, meaning in lines for short in shorts.split()}


MEANINGS: Final = {**_read(_CHAT), **_read(_PUBLIC), **{f"q{n}": ("quận", str(n)) for n in range(1, 13)}}
