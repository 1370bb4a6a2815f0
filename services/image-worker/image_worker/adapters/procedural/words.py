"""The words that are understood: beginnings of words in English and Russian, phrases in Vietnamese.

A trailing `*` stands for any ending. The first entry of a table that fits is taken, so what is more
special stands before what is more general.
"""

from image_worker.adapters.procedural.scene import Place, Season, Subject, Time, Weather

PLACES: dict[Place, str] = {
    Place.DESERT: "desert*, dune*, sahara, oasis, sand sea, пустын*, дюн*, бархан*, сахар*,"
    " sa mạc, cồn cát",
    Place.CITY: "city, cities, cityscape*, skyline, downtown, metropol*, skyscraper*, megacity,"
    " cyberpunk, london, paris, tokyo, hanoi, saigon, new york, moscow, город*, мегаполис*,"
    " небоскр*, столиц*, москв*, петербург*, thành phố, đô thị, tòa nhà, hà nội, sài gòn",
    Place.VILLAGE: "village*, hamlet*, town, towns, farm*, countryside, деревн*, деревен*, сел[оа],"
    " посёл*, посел*, городок*, городк*, хутор*, усадьб*, ферм*, làng, thị trấn, nông trại",
    Place.LAKE: "lake*, pond*, lagoon*, reservoir*, fjord*, river*, stream*, озер*, озёр*, пруд*,"
    " фьорд*, рек[аиуеой]*, речк*, ручей*, ручь*, hồ, hồ nước, ao, dòng sông, sông, suối",
    Place.SEA: "sea, seas, seaside, seashore*, seascape*, ocean*, beach*,"
    " coast*, shore*, bay, harbo*, island*, wave*, surf, cliff*,"
    " море*, моря*, морск*, океан*, пляж*, берег*, побереж*, залив*, остров*, волн*, гаван*,"
    " утёс*, утес*, biển, đại dương, bãi biển, bờ biển, đảo, vịnh, sóng",
    Place.FOREST: "forest*, wood, woods, woodland*, jungle*, grove*, taiga, glade*, лес*, чащ*,"
    " тайг*, рощ*, опушк*, полян*, джунгл*, rừng, khu rừng",
    Place.MOUNTAINS: "mountain*, peak*, alp, alps, alpine, summit*, himalaya*, ridge*, canyon*,"
    " гор[аыуеой], горах, горами, горн*, вершин*, хребет*, хребт*, скал*, каньон*, núi, dãy núi,"
    " đỉnh núi",
    Place.HILLS: "hill*, field*, meadow*, valley*, steppe*, prairie*, grassland*, pasture*,"
    " garden*, park, холм*, пол[еяю], полях, поляна, луг*, долин*, степ*, сад*, парк*,"
    " đồi, cánh đồng, thung lũng, đồng cỏ, vườn",
}

TIMES: dict[Time, str] = {
    Time.NIGHT: "night*, midnight, moonlit, moonlight, starry, stars, nocturn*, ноч*, полноч*,"
    " лунн*, звёздн*, звездн*, đêm, ban đêm, nửa đêm, ánh trăng",
    Time.DUSK: "dusk, twilight, blue hour, gloaming, сумер*, вечерн*, вечер*, hoàng hôn muộn,"
    " chạng vạng, buổi tối, chiều tối",
    Time.SUNSET: "sunset*, sundown, setting sun, закат*, hoàng hôn, mặt trời lặn",
    Time.DAWN: "dawn, sunrise*, daybreak, first light, morning*, рассвет*, восход*, заря, зари,"
    " утр*, bình minh, mặt trời mọc, buổi sáng, rạng đông",
    Time.GOLDEN: "golden hour, evening*, late afternoon, warm light, golden light, золот*,"
    " предвечер*, предзакат*, buổi chiều, chiều tà, nắng vàng",
    Time.DAY: "day, daylight, noon, midday, sunny, полд*, день, днём, днем, дневн*, солнечн*,"
    " ban ngày, trưa, nắng",
}

WEATHERS: dict[Weather, str] = {
    Weather.STORM: "storm*, thunder*, lightning, tempest*, hurricane*, гроз[аыуой]*, бур[яюией]*,"
    " шторм*, молни*, буря, bão, giông, sấm sét",
    Weather.RAIN: "rain*, drizzl*, downpour, wet street*, дожд*, лив[ен]*, mưa",
    Weather.SNOW: "snowfall, snowing, snowstorm*, blizzard*, falling snow, снегопад*, метел*,"
    " вьюг*, пург[аиуе]*, tuyết rơi, bão tuyết",
    Weather.FOG: "fog*, mist*, haze, hazy, туман*, дымк*, мгл*, sương mù, sương",
    Weather.OVERCAST: "overcast, grey sky, gray sky, gloomy, bleak, пасмурн*, хмур*, сер[оы][ем]*"
    " неб*, мрачн*, u ám, âm u",
    Weather.CLOUDY: "cloud*, облак*, облач*, туч*, nhiều mây, mây",
    Weather.CLEAR: "clear, cloudless, bright, ясн*, безоблачн*, trong xanh, quang đãng",
}

SEASONS: dict[Season, str] = {
    Season.WINTER: "winter*, snow*, frozen, ice, icy, frost*, arctic, glacier*, зим*, снег*, снеж*,"
    " заснеж*, мороз*, лёд*, ледян*, лед, mùa đông, tuyết, băng",
    Season.AUTUMN: "autumn*, fall foliage, fallen leaves, october, november, осен*, листопад*,"
    " октябр*, ноябр*, mùa thu, lá vàng, lá rụng",
    Season.SPRING: "spring, blossom*, april, may morning, весн*, весен*, цвету*, апрел*, mùa xuân,"
    " hoa nở",
    Season.SUMMER: "summer*, july, august, лет[ои]*, летн*, июл*, август*, mùa hè, mùa hạ",
}

SUBJECTS: dict[Subject, str] = {
    Subject.CASTLE: "castle*, fortress*, palace*, citadel*, stronghold*, замок*, замк*, крепост*,"
    " дворец*, дворц*, цитадел*, кремл*, lâu đài, pháo đài, cung điện",
    Subject.RUINS: "ruin*, ancient temple*, развалин*, руин*, tàn tích, đổ nát",
    Subject.LIGHTHOUSE: "lighthouse*, beacon*, маяк*, hải đăng",
    Subject.CHURCH: "church*, cathedral*, chapel*, monaster*, abbey*, bell tower, церк*, собор*,"
    " храм*, часовн*, монастыр*, колокольн*, nhà thờ, tu viện",
    Subject.TOWER: "tower*, keep, spire*, башн*, башен*, tháp, ngọn tháp",
    Subject.HOUSE: "house*, cottage*, cabin*, hut, huts, barn*, mansion*, home, inn, hobbit*, дом,"
    " дома, доме, домов, домик*, изб[аыуе]*, хижин*, коттедж*, особняк*, усадьб*, лачуг*, nhà,"
    " ngôi nhà, căn nhà, túp lều",
    Subject.SHIP: "ship*, galleon*, frigate*, sail, sails, schooner*, корабл*, фрегат*, парус*,"
    " бриг*, шхун*, tàu, con tàu, thuyền buồm, buồm",
    Subject.BOAT: "boat*, canoe*, rowing, gondola*, лодк*, лодоч*, чёлн*, челн*, thuyền,"
    " chiếc thuyền",
    Subject.PERSON: "man, woman, men, women, girl*, boy*, person*, people, traveller*, traveler*,"
    " wanderer*, knight*, king, queen, prince*, wizard*, witch*, soldier*, old man, lady, monk*,"
    " hero*, figure*, stranger*, hunter*, shepherd*, человек*, люди, людей, мужчин*, женщин*,"
    " девуш*, девоч*, мальчик*, юнош*, старик*, старух*, путник*, странник*, рыцар*, король*,"
    " корол[ея]*, принц*, княз*, волшебник*, колдун*, солдат*, монах*, охотник*, пастух*,"
    " фигур*, незнаком*, người, đàn ông, phụ nữ, cô gái, chàng trai, hiệp sĩ, nhà vua",
    Subject.BIRDS: "bird*, gull*, seagull*, crow*, raven*, swallow*, geese, птиц*, чайк*, ворон*,"
    " ласточк*, журавл*, chim, hải âu, con quạ",
    Subject.TREE: "lone tree, old tree, big tree, oak*, willow*, дуб*, ива, ивы, одинок* дерев*,"
    " старое дерев*, дерево, cây, cây cổ thụ, cây sồi",
    Subject.ROAD: "road*, path*, trail*, track, lane, дорог*, троп*, тропинк*, con đường,"
    " đường mòn",
    Subject.MOON: "moon*, луна, луны, луной, луну, лунн*, полнолун*, trăng, mặt trăng",
    Subject.STARS: "star, stars, starry, milky way, galaxy, звёзд*, звезд*, млечн*, ngôi sao,"
    " ngàn sao, dải ngân hà",
    Subject.AURORA: "aurora*, northern lights, polar lights, северн* сияни*, полярн* сияни*,"
    " cực quang",
    Subject.RIVER: "river*, stream*, brook*, рек[аиуеой]*, речк*, ручей*, ручь*, sông, suối",
    Subject.FLOWERS: "flower*, poppy, poppies, lavender, tulip*, wildflower*, цвет[ыова]*, цветоч*,"
    " мак, маки, маков*, лаванд*, ромашк*, hoa, bông hoa",
    Subject.FIRE: "fire*, bonfire*, campfire*, torch*, костёр*, костер*, костр*, огонь, огня,"
    " пламя, факел*, lửa, ngọn lửa",
}

#: A colour that is named tints the picture; only with what follows, so that a red house does not.
TINTS: dict[str, str] = {
    "c8283c": "crimson*, blood red, red sky, red light, багров*, кровав*, красн* неб*, алый, алое,"
    " đỏ thẫm, bầu trời đỏ",
    "e2905a": "orange sky, orange light, amber*, оранжев*, янтарн*, màu cam",
    "e3b84e": "golden*, gold, золотист*, золот[аоы][ейм]*, vàng óng",
    "8a5fc0": "purple*, violet*, lilac*, фиолетов*, лилов*, пурпурн*, сиренев*, màu tím, tím",
    "d98aa8": "pink*, rosy, роз[оа]в*, màu hồng, hồng",
    "4a9a8e": "teal, turquoise*, emerald*, бирюзов*, изумрудн*, ngọc lam, ngọc bích",
    "4f78b8": "blue mood, azure, sapphire*, лазурн*, синев*, xanh lam",
    "8c8274": "sepia, vintage, сепи*, винтаж*, cổ điển",
}
