"""Common Vietnamese phrases and some English words, without diacritics.

They are all that a hashtag splitter knows before it has read any text.
"""

from __future__ import annotations

from typing import Final

PHRASES: Final = """
dich vu cong truc tuyen/dich vu cong quoc gia/cong dich vu cong/thu tuc hanh chinh/cai cach hanh chinh
chinh phu dien tu/chuyen doi so/chinh quyen so/cong dan so/kinh te so/dinh danh dien tu/can cuoc cong dan
tai khoan dinh danh/chu ky so/uy ban nhan dan/hoi dong nhan dan/mat tran to quoc/dang cong san viet nam/bo cong an
bo y te/so y te/so giao duc/cong an phuong/bao hiem xa hoi/bao hiem y te/bao hiem that nghiep/tro cap that nghiep
viec lam/tim viec lam/thi truong lao dong/nguoi lao dong/thanh nien tinh nguyen/thanh nien viet nam/doan thanh nien
tuoi tre/tuoi tre viet nam/mua he xanh/xuan tinh nguyen/hien mau nhan dao/hien mau tinh nguyen/nghia vu quan su
tong quan nhap ngu/quan doi nhan dan/bien dao que huong/hoang sa truong sa/bo doi cu ho/giai phong mien nam
thong nhat dat nuoc/giai phong dien bien phu/tu hao viet nam/toi yeu viet nam/yeu nuoc/quoc khanh/cach mang thang tam
dai le 30 thang 4/quoc te lao dong/ngay nha giao viet nam/ngay phu nu viet nam/quoc te phu nu/quoc te thieu nhi
trung thu/giang sinh/an toan giao thong/van hoa giao thong/giay phep lai xe/mu bao hiem/nong do con/uong ruou bia
da uong ruou bia khong lai xe/tai nan giao thong/giao thong cong cong/xe buyt/metro ben thanh suoi tien/xe may/xe dap
o to/xe dien/ket xe/ngap nuoc/an toan thuc pham/ve sinh an toan thuc pham/thuc pham sach/thuc pham ban/do an duong pho
ngo doc thuc pham/bao ve moi truong/phan loai rac tai nguon/rac thai nhua/song xanh/trong cay xanh/bien doi khi hau
tiet kiem dien/gio trai dat/tai che/tiem chung/tiem vac xin/phong chong dich benh/sot xuat huyet/chong dich/suc khoe
suc khoe tam than/suc khoe sinh san/song khoe/cham soc suc khoe/phong chong ma tuy/thuoc la dien tu
phong chong toi pham/phong chay chua chay/lua dao/lua dao truc tuyen/lua dao qua mang/canh bao lua dao/an ninh mang
an toan thong tin/mang xa hoi/tin gia/bao ve du lieu ca nhan/bao luc hoc duong/bat nat qua mang/binh dang gioi
nha o xa hoi/nha tro/phong tro/thue nha/dang ky tam tru/ho khau/bat dong san/khoi nghiep/khoi nghiep sang tao
doi moi sang tao/giao duc/hoc sinh/sinh vien/hoc bong/tuyen sinh/thi tot nghiep/dai hoc quoc gia/dai hoc
tu van huong nghiep/on thi/du hoc/hoc tieng anh/lop hoc/co giao/thay giao/nha truong/hoc tap/kien thuc/ky nang song
doc sach/sach hay/thu vien/van hoa doc/tri tue nhan tao/cong nghe/thanh pho ho chi minh/ho chi minh/sai gon/ha noi
da nang/can tho/hai phong/da lat/vung tau/nha trang/phu quoc/hue/hoi an/quy nhon/binh duong/dong nai/ba ria vung tau
long an/tien giang/ben tre/tra vinh/vinh long/dong thap/an giang/kien giang/ca mau/bac lieu/soc trang/hau giang
tay ninh/binh phuoc/binh thuan/ninh thuan/khanh hoa/phu yen/binh dinh/quang ngai/quang nam/quang tri/quang binh
ha tinh/nghe an/thanh hoa/ninh binh/nam dinh/thai binh/ha nam/hung yen/hai duong/quang ninh/ha long/bac ninh/bac giang
thai nguyen/lang son/cao bang/ha giang/sa pa/lao cai/yen bai/son la/dien bien/hoa binh/phu tho/vinh phuc/tuyen quang
gia lai/kon tum/dak lak/lam dong/thu duc/go vap/tan binh/phu nhuan/binh thanh/binh tan/tan phu/cu chi/hoc mon/nha be
can gio/quan 1/mien tay/mien trung/mien bac/mien nam/tay nguyen/tay bac/mien tay song nuoc/viet nam/nguoi viet nam
con nguoi viet nam/van hoa viet nam/dat nuoc/que huong/quoc gia/di san/lich su/lich su viet nam/truyen thong/xu huong
xu huong tiktok/an cung tiktok/learn on tiktok/hoc cung tiktok/food tiktok/tiktok viet nam/tik tok food/viral tiktok
for you/for you page/review an ngon/review do an/an ngon/an ngon sai gon/an vat/an vat sai gon/an gi o dau
an sap sai gon/mon ngon/mon ngon moi ngay/quan ngon/quan an ngon/hom nay an gi/nau an/nau an cung tiktok/nau an ngon
am thuc/am thuc viet nam/am thuc duong pho/banh mi/bun bo hue/pho bo/com tam/com nha/tra sua/ca phe/ca phe sang/do an
do uong/hai san/lau nuong/banh trang/banh trang tron/goi cuon/bun cha/mi cay/che/trai cay/ga ran/du lich
du lich viet nam/du lich tu tuc/du lich bui/kham pha/trai nghiem/check in/sai gon vi vu/da lat mong mo/diem den
khach san/review/lam dep/cham soc da/my pham/thoi trang/phoi do/giam can/tap gym/the thao/bong da/bong da viet nam
chay bo/cau long/doi tuyen viet nam/giai tri/ca nhac/am nhac/nhac tre/phim hay/hai huoc/hai kich/vui ve/cuoi/ca si
dien vien/nghe si/truyen hinh/game show/phim viet nam/gia dinh/me va be/cha me/nuoi day con/tre em/bao ve tre em
nguoi cao tuoi/ban be/tinh yeu/tinh ban/ke chuyen/chuyen doi thuong/cuoc song/cuoc song thuong ngay/goc nhin/tam su
truyen cam hung/song tich cuc/dong luc/yeu thuong/tu te/nguoi tot viec tot/lan toa/lan toa yeu thuong/tin tuc/tin nong
thoi su/thoi su hom nay/bao chi/phap luat/hieu luat/luat giao thong/tu van phap luat/luat su/nguoi dan/cong dong
xa hoi/tai chinh/tai chinh ca nhan/tiet kiem/dau tu/chung khoan/ngan hang/kinh doanh/ban hang/ban hang online/mua sam
mua sam online/khuyen mai/giam gia/gia re/hang viet nam/nguoi viet dung hang viet/san pham/khach hang/doanh nghiep
thuong hieu/marketing/content/nong san/nong dan/nong nghiep/meo vat/meo hay/moi ngay/hang ngay/hom nay/ngay mai
cuoi tuan/nam moi/tet/tet nguyen dan/chuc mung nam moi/don tet/ngay tet/mung xuan/mua xuan/mua he/mua thu/mua dong
buoi sang/buoi toi/nho/lon/dep/ngon/vui/hay/moi/tot/nhanh/chuan/that/gan day/tai nha/tai cho/mot minh/review tphcm
du lich vn/food hcm/sai gon hcm/tphcm/hcm/hcmc/tp hcm/review vn/game/video/online/food/travel/music/dance/vlog/daily
life/style/fashion/beauty/make up/home/house/baby/mom/family/love/happy/funny/comedy/street food/food review/food vlog
fast food/check/live/stream/live stream/trend/trending/viral/top/best/new/good/one/two/time/day/night/same/some/like
share/share to be/more/home made/cake/coffee/cafe/drink/cook/cooking/recipe/chef/restaurant/korea/japan/china/vietnam
sale/football/sport/run/gym/fitness/yoga/school/english/study/learn/learning/teacher/student/book/science/tech/phone
iphone/samsung/car/bike/covid 19/vaccine/health/healthy/green/clean/city/smart city/digital/start up/bank/money/job
work/business/channel/story/short/film/movie
"""


def phrases() -> list[list[str]]:
    """Each phrase as its words."""
    return [phrase.split() for phrase in PHRASES.replace("\n", "/").split("/") if phrase]
