"""Things that descriptions speak of, in English, Russian and Vietnamese.

A line is `english | subject | russian | vietnamese`: words are parted by spaces, an underscore is a
space, and a star stands for up to four letters of an ending.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Subject(StrEnum):
    """What kind of thing a word names; it decides what suits a picture of it."""

    PERSON = "person"
    ANIMAL = "animal"
    BUILDING = "building"
    LANDSCAPE = "landscape"
    INTERIOR = "interior"
    OBJECT = "object"
    TIME = "time"
    WEATHER = "weather"
    QUALITY = "quality"


_LINES = """
man | person | мужчина мужчины мужчину мужчин* | người_đàn_ông
woman | person | женщина женщины женщину женщин* | người_phụ_nữ phụ_nữ
girl | person | девочка девочки девушк* девочк* | cô_gái bé_gái
boy | person | мальчик* | cậu_bé chàng_trai
child | person | ребенок ребёнок дети детей ребенк* ребёнк* | đứa_trẻ trẻ_em
old man | person | старик* старец старц* | ông_già ông_lão
old woman | person | старух* старушк* | bà_già bà_lão
king | person | король короля королю королём королем | vua nhà_vua
queen | person | королев* | nữ_hoàng hoàng_hậu
princess | person | принцесс* | công_chúa
prince | person | принц принца принцу принцем | hoàng_tử
knight | person | рыцар* | hiệp_sĩ
soldier | person | солдат* | người_lính chiến_binh
wizard | person | волшебник* колдун* | phù_thủy
monk | person | монах* | nhà_sư
face | person | лицо лица лицом | khuôn_mặt gương_mặt
horse | animal | конь коня кони лошад* | con_ngựa ngựa
dog | animal | собак* пес пёс псы щенок | con_chó chó
cat | animal | кот кота коты кошк* котёнок котенок | con_mèo mèo
wolf | animal | волк волка волки волков | chó_sói con_sói
fox | animal | лиса лисы лису лисиц* | con_cáo
bear | animal | медвед* | con_gấu
bird | animal | птица птицы птицу птиц | con_chim chim
dragon | animal | дракон* | con_rồng rồng
fish | animal | рыба рыбы рыбу рыб | con_cá cá
castle | building | замок замка замке замки замком | lâu_đài
house | building | дом дома доме дому домом домик* | ngôi_nhà căn_nhà
hut | building | изба избы избу избушк* хижин* | túp_lều
palace | building | дворец дворц* | cung_điện
church | building | церковь церкви церковью собор собора | nhà_thờ
temple | building | храм храма храме храмы | ngôi_đền đền chùa
tower | building | башн* башен | tòa_tháp tháp
bridge | building | мост моста мосту мосты мостом | cây_cầu
city | building | город города городе городу городск* | thành_phố
village | building | деревн* село сёла | ngôi_làng làng
street | building | улиц* | con_đường đường_phố
ruins | building | руин* развалин* | tàn_tích
forest | landscape | лес леса лесу лесом лесн* | khu_rừng rừng
mountains | landscape | гора горы горе гору горах горн* | ngọn_núi núi
hill | landscape | холм холма холме холмы холмах | ngọn_đồi đồi
sea | landscape | море моря морю морем морск* | biển
lake | landscape | озеро озера озеру озером озёра | hồ_nước hồ
river | landscape | река реки реке реку рекой речк* | dòng_sông sông con_sông
field | landscape | поле поля полю полем полях | cánh_đồng
garden | landscape | сад сада саду сады садом | khu_vườn vườn
island | landscape | остров острова острове острову | hòn_đảo đảo
desert | landscape | пустын* | sa_mạc
waterfall | landscape | водопад* | thác_nước thác
road | landscape | дорог* | con_đường_mòn
sky | landscape | небо неба небу небом небес* | bầu_trời
tree | landscape | дерево дерева деревья деревьев | cây_cổ_thụ cây
flowers | landscape | цветы цветов цветок цветк* | bông_hoa hoa
stars | landscape | звезда звезды звёзды звезд звёзд звёздн* звездн* | ngôi_sao
moon | landscape | луна луны луну луной лунн* | mặt_trăng
sun | landscape | солнце солнца солнцу солнцем | mặt_trời
room | interior | комнат* | căn_phòng
hall | interior | зал зала зале залы | đại_sảnh
kitchen | interior | кухн* | nhà_bếp
library | interior | библиотек* | thư_viện
window | interior | окно окна окну окном окне | cửa_sổ
fireplace | interior | камин камина камине камином | lò_sưởi
table | object | стол стола столе столом столы | cái_bàn bàn
book | object | книга книги книгу книгой | cuốn_sách quyển_sách
sword | object | меч меча мечом мечи | thanh_kiếm
candle | object | свеча свечи свечу свечой свечей | ngọn_nến nến
ship | object | корабл* | con_tàu
boat | object | лодка лодки лодку лодк* | chiếc_thuyền con_thuyền
lantern | object | фонарь фонаря фонари фонарём | đèn_lồng
mirror | object | зеркал* | tấm_gương
door | object | дверь двери дверью | cánh_cửa
sunrise | time | рассвет* восход* | bình_minh
sunset | time | закат заката закате закатн* | hoàng_hôn
night | time | ночь ночи ночью ночной ночн* | ban_đêm đêm
morning | time | утро утра утром утренн* | buổi_sáng
evening | time | вечер вечера вечером вечерн* | buổi_tối buổi_chiều
day | time | днём днем полдень | ban_ngày buổi_trưa
winter | time | зима зимы зимой зимн* | mùa_đông
spring | time | весна весны весной весенн* | mùa_xuân
summer | time | летом летн* | mùa_hè
autumn | time | осень осени осенью осенн* | mùa_thu
rain | weather | дождь дождя дождём дождем дождлив* | cơn_mưa mưa
snow | weather | снег снега снегу снегом снежн* | tuyết
fog | weather | туман тумана тумане туманом туманн* | sương_mù
storm | weather | буря бури бурю гроза грозы шторм* | cơn_bão bão
clouds | weather | облак* тучи туча | đám_mây mây
old | quality | старый старая старое старые старого старой старинн* | cổ_kính cũ
ancient | quality | древн* | cổ_xưa
dark | quality | тёмн* темн* мрачн* | tối_tăm u_ám
bright | quality | ярк* светл* | sáng_sủa rực_rỡ
beautiful | quality | красив* прекрасн* | xinh_đẹp đẹp
abandoned | quality | заброшенн* | bỏ_hoang
mysterious | quality | таинственн* загадочн* | bí_ẩn
red | quality | красный красная красное красные красн* | màu_đỏ
blue | quality | синий синяя синее синие голуб* | màu_xanh_dương
green | quality | зелён* зелен* | màu_xanh_lá
golden | quality | золот* | màu_vàng
white | quality | белый белая белое белые белого белой | màu_trắng
black | quality | чёрн* черн* | màu_đen
"""
_ENDING = r"\w{0,4}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A word or words of a prompt that the lexicon knows; `said` is as the prompt has them."""

    english: str
    subject: Subject
    said: str
    place: int
    foreign: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    english: str
    subject: Subject
    foreign: bool
    pattern: re.Pattern[str]


def find(prompt: str) -> list[Finding]:
    """What the lexicon knows of a prompt, in the order in which it stands there."""
    text = unicodedata.normalize("NFC", prompt).casefold()
    found = [
        Finding(entry.english, entry.subject, hit.group(), hit.start(), entry.foreign)
        for entry in _entries()
        if (hit := entry.pattern.search(text)) is not None
    ]
    # Of words that lie within others ("rừng" in "khu rừng") only the longer ones count.
    longest: list[Finding] = []
    for finding in sorted(found, key=lambda f: (f.place, -len(f.said))):
        if not longest or finding.place >= longest[-1].place + len(longest[-1].said):
            longest.append(finding)
    return longest


@cache
def _entries() -> tuple[_Entry, ...]:
    entries = []
    for line in _LINES.strip().splitlines():
        english, subject, russian, vietnamese = (part.strip() for part in line.split("|"))
        plural = rf"(?:{re.escape(english)})(?:s|es)?"
        entries.append(_entry(english, subject, [plural], foreign=False))
        entries.append(_entry(english, subject, [_alternative(w) for w in russian.split()]))
        entries.append(_entry(english, subject, [_alternative(w) for w in vietnamese.split()]))
    return tuple(entries)


def _entry(english: str, subject: str, words: list[str], *, foreign: bool = True) -> _Entry:
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")
    return _Entry(english, Subject(subject), foreign, pattern)


def _alternative(word: str) -> str:
    plain = re.escape(unicodedata.normalize("NFC", word).removesuffix("*").replace("_", " "))
    return plain + (_ENDING if word.endswith("*") else "")
