const list = (words: string) => words.split(/,\s*/);

/** Each word with each ending, as languages write them that join the two. */
const attach = (words: string, endings: readonly string[]) =>
  list(words).flatMap((word) => endings.map((ending) => word + ending));
/** Of Korean nouns. */
const particles = ['', '아', '야', '들', '들아', '이', '가', '은', '는', '을', '를', '의', '도', '이야'];

/**
 * Words that offend, by language (ISO 639-1), as whole words. A word that is harmless in another of these languages, or without
 * its accents, is not listed: "slut" ends a text in Swedish, "cono" is a cone.
 */
export const profaneWords = {
  en: list(
    'fuck, fucks, fucked, fucker, fuckers, fuckin, fucking, motherfucker, motherfuckers, motherfucking, fuckface, fuckwit, clusterfuck, shit, shits, shitty, shithead, shitheads, bullshit, horseshit, dipshit, asshole, assholes, arsehole, arseholes, bitch, bitches, son of a bitch, bastard, bastards, cunt, cunts, twat, twats, wanker, wankers, dickhead, dickheads, cocksucker, cocksuckers, douchebag, douchebags, whore, whores, nigger, niggers, faggot, faggots, jackass, bollocks, fuckup, fuckups, fucktard, fucktards, dumbfuck, mindfuck, fuckhead, fuckheads, shitting, shitface, shitfaced, apeshit, batshit, shitstorm, shithole, shitholes, bullshitter, bullshitting, dumbass, dumbasses, jackasses, asshat, asshats, asswipe, arsewipe, bitching, bitchy, slutty, wanking, wanked, cocksucking, dickwad, knobhead, bellend, tosser, tossers, goddamn, goddamned, motherfuckin, nigga, niggas, raghead, ragheads, towelhead, towelheads',
  ),
  de: list(
    'Scheiße, Scheiß, scheißegal, Scheißkerl, beschissen, Arschloch, Arschlöcher, Arschgeige, Wichser, Hurensohn, Hurensöhne, Hure, Nutte, Nutten, Fotze, Fotzen, Schlampe, Schlampen, Missgeburt, verpiss dich, fick dich, ficken, gefickt, verfickt, verfickte, verfickter, Drecksau, Dreckskerl, Schwuchtel, leck mich am Arsch, scheißen, geschissen, Scheißdreck, Scheißhaus, Scheißding, Scheißwetter, Klugscheißer, Hosenscheißer, beschissene, beschissenen, beschissener, beschissenes, Arsch, Ärsche, Arschgesicht, Arschkriecher, Arschficker, Arschlecker, Arschlochs, verarschen, verarscht, Verarsche, Drecksack, Drecksäcke, Mistkerl, Mistkerle, wichsen, gewichst, fickt, fickst, verficktem, verfickten, verficktes, verpisst euch, Schwanzlutscher, Schwuchteln, Kanake, Kanaken, Kackbratze',
  ),
  fr: list(
    'putain, putains, pute, putes, merde, merdes, merdique, connard, connards, connasse, connasses, salope, salopes, salopard, salopards, enculé, enculés, enculer, va te faire foutre, nique ta mère, fils de pute, ta gueule, branleur, branleurs, couilles, trou du cul, trouduc, tarlouze, enculée, enculées, enculeur, enculeurs, salaud, salauds, saloperie, saloperies, enfoiré, enfoirés, enfoirée, enfoirées, emmerde, emmerdes, emmerder, emmerdé, emmerdant, emmerdeur, emmerdeurs, emmerdeuse, merdeux, merdeuse, merdier, chier, chieur, chieuse, casse-couilles, casse couilles, couillon, couillons, niquer, nique ta race, nique sa mère, pouffiasse, pouffiasses, pétasse, pétasses, foutre, trous du cul, bougnoule, bougnoules, branlette',
  ),
  es: list(
    'mierda, mierdas, puta, putas, hijo de puta, hijos de puta, hijoputa, gilipollas, cabrón, cabrones, joder, jódete, jodido, jodida, pendejo, pendejos, pendeja, chinga tu madre, chingada, chingado, maricón, maricones, malparido, culero, me cago en, puto, putos, putada, putadas, putón, jodes, jodas, jodan, jodidos, jodidas, follar, follando, chupapollas, soplapollas, comemierda, comemierdas, hijaputa, hijueputa, hija de puta, pendejas, pendejada, pendejadas, cabrona, cabronas, cabronazo, culiao, chingar, chingados, chingadera, chingaderas, gilipollez, gilipolleces, mariconazo, mariconada, concha de tu madre, concha tu madre, pelotudo, pelotudos',
  ),
  it: list(
    'cazzo, cazzi, vaffanculo, fanculo, stronzo, stronzi, stronza, stronzate, merda, puttana, puttane, figlio di puttana, coglione, coglioni, minchia, porco dio, porca puttana, rompicoglioni, testa di cazzo, frocio, froci, fottiti, fottuto, fottuta, cazzata, cazzate, cazzone, cazzoni, incazzato, incazzata, incazzati, incazzarsi, stronzata, stronzetto, merdoso, merdosa, merdata, leccaculo, leccaculi, mignotta, mignotte, puttanata, puttanate, puttaniere, figli di puttana, figlia di puttana, rincoglionito, rincoglionita, minchione, minchiata, minchiate, fottere, fottersi, fottuti, fottute, porca troia, porca madonna, dio cane, affanculo, rompipalle, rompicazzo, teste di cazzo, ricchione, ricchioni, pompinara, bocchinara',
  ),
  pt: list(
    'merda, caralho, foda-se, foda se, fodase, fodido, fodida, puta, putas, filho da puta, filhos da puta, cuzão, buceta, viado, arrombado, vai tomar no cu, vai se foder, puta que pariu, puta que o pariu, merdas, bosta, boceta, bocetas, caralhos, fodeu, fodem, fodendo, fodidos, fodidas, fodasse, fuder, fudido, fudida, fudeu, vai se fuder, cabrão, cabrões, paneleiro, paneleiros, filha da puta, filhas da puta, cuzões, tomar no cu, toma no cu, arrombada, arrombados, punheta, punheteiro, putaria, viados',
  ),
  nl: list(
    'klootzak, klootzakken, kutwijf, kutzooi, godverdomme, hoer, hoerenzoon, kankerhoer, kankerlijer, teringlijer, tyfuslijer, neuken, sodemieter op, optiefen, krijg de tering, moederneuker, rotzak, rotzakken, hufter, hufters, lulhannes, paardenlul, neukt, geneukt, verneukt, verneuken, mierenneuker, mierenneukers, godver, opgeflikkerd, flikker op, rot op, optyfen, opkankeren, kanker op, tyfus op, teringwijf, kankerwijf, kankermongool, tyfushond, pleurislijer, klerelijer, krijg de kanker, krijg de tyfus, krijg de pleuris, hoerenjong, kutkind, klotezooi, zakkenwasser, zakkenwassers, opsodemieteren',
  ),
  pl: list(
    'kurwa, kurwy, kurwę, kurwo, chuj, chuja, chuju, chujowy, chujowo, pierdolę, pierdol się, pierdolić, pierdolony, pierdolona, spierdalaj, wypierdalaj, jebać, jebany, jebana, pojebany, pojebało, skurwysyn, skurwysyny, pizda, gówno, dziwka, dziwki, kutas, kurwą, kurwie, kurw, kurewski, kurewska, kurewskie, kurewsko, skurwiel, skurwiele, skurwysyna, skurwysynu, wkurwić, wkurwia, wkurwiać, wkurwiasz, wkurwiony, wkurwiona, chujem, chuje, chujów, chujowa, chujowe, chujnia, huj, huja, jebie, jebią, jebał, jebane, jebanego, jebanej, jebani, jebnięty, jebnięta, wyjebać, wyjebane, wyjebany, zajebać, zajebał, zajebisty, zajebista, zajebiste, zajebiście, zjebać, zjebany, zjebane, zjeb, pojeb, pojeby, pojebana, pojebane, rozjebać, rozjebany, najebany, przejebane, odjebać, pierdoli, pierdolisz, pierdolą, pierdolone, pierdolonego, pierdolnięty, pierdolnięta, pierdolnąć, popierdolony, popierdolone, opierdalać, opierdolić, odpierdol się, spierdolić, spierdolony, spierdalać, spierdalajcie, wypierdalać, wypierdalajcie, zapierdalać, rozpierdolić, wpierdol, pizdy, pizdę, pizdo, w pizdu, gówna, gówniany, dziwkę, dziwko, kutasa, kutasy, kutasie, dupek, dupki, dupku, w dupę, ciota, cioty, sukinsyn, sukinsyny, srać, zasrany, zasrana, zasrane, cwel, cwele',
  ),
  ru: list(
    'блядь, блять, бля, сука, суки, хуй, хуя, хуйня, хуёво, пизда, пизды, пиздец, пиздеть, ебать, ебаный, заебал, заебись, наебать, отъебись, уёбок, уёбище, мудак, мудаки, мудила, пидор, пидорас, пидорасы, шлюха, шлюхи, долбоёб, ебанутый, охуеть, охуенно, похуй, нахуй, залупа, говно, гондон, бляди, блядина, блядский, блядская, блядство, сучара, сукин сын, хуем, хуи, хуев, хуёвый, хуёвая, хуёвые, хуйни, хуйню, хуило, хуесос, хуесосы, хуета, ахуеть, охуел, охуела, охуели, охуенный, охуенная, охуительный, охуительно, нихуя, дохуя, похую, нахуя, на хуй, на хуя, по хуй, пиздёж, пиздит, пизди, пиздатый, пиздато, пизду, пизде, пиздой, пиздюк, пиздюлей, пиздобол, спиздить, спиздил, распиздяй, ебал, ебала, ебали, ебёт, ебут, ебало, ебальник, ебаная, ебаное, ебаные, ебаного, ебаной, ебанутая, ебанутые, ебануться, ебашить, ебло, ебля, ёбарь, ёб твою мать, ёбнуть, ёбнутый, ёбнулся, заебала, заебали, заебать, заебало, наебал, наебали, выебать, выебал, выёбываться, доебался, доебаться, отъебитесь, отъебаться, поебать, проебать, проебал, разъебать, съебался, съебать, уебать, уёбки, уебан, объебать, долбоёбы, долбоёба, долбаёб, мозгоёб, мудилы, мудака, мудаков, мудацкий, мудозвон, пидора, пидоры, пидоров, пидорасов, пидараса, пидарас, пидарасы, пидар, шлюх, шлюху, гандон, гандоны, гондоны, залупу, залупы, говна, говном, говнюк, говнюки, дерьмо, дерьма, дерьмовый, жопа, жопу, жопе, жопы, жополиз, сраный, срать, насрать, обосрался, засранец, засранцы, дрочить, дрочит, ублюдок, ублюдки, шалава, шалавы',
  ),
  tr: list(
    'siktir, siktir git, sikeyim, sikerim, orospu, orospu çocuğu, amına koyayım, amına koyim, yarrak, götveren, pezevenk, kahpe, amcık, ananı sikeyim, ibne, siktirin, siktirsin, orospular, orospuya, orospuyu, orospunun, orospudan, orospuluk, orospuları, orospuların, orospulara, orospu evladı, orospu çocukları, yarrağı, yarrağım, yarrağın, yarrağa, yarraklar, amcığı, amcığın, amcıklar, amına koyduğum, amına koduğum, ananın amı, göt veren, götverenler, götverenin, pezevenkler, pezevengin, kahpeler, ibneler, ibnenin, piç kurusu, kaltak, kaltaklar, kaltağın, gavat, dalyarak, yavşak, yavşaklar, taşak, taşaklar',
  ),
  hi: list(
    'मादरचोद, बहनचोद, भोसड़ी, भोसड़ीके, चूतिया, चूतिये, रंडी, हरामजादा, हरामजादे, गांड, लंड, madarchod, behenchod, bhenchod, bhosdike, chutiya, chutiye, हरामी, हरामखोर, हरामज़ादा, हरामज़ादे, हरामजादी, गांडू, गाँडू, गाँड, लौड़ा, लौड़े, भोसड़ा, भोसड़ीवाले, भड़वा, भड़वे, रंडियां, चूतियापा, चूतियों, चूत, झांट, छिनाल, कुत्ते की औलाद, gandu, gaandu, gaand, haramzada, haramzade, haramzadi, haramkhor, bhosdi, bhosadi, bhosadike, bhosda, bhadwa, bhadwe, bhadva, bhadve, chutiyapa, chootiya, chutia, choot, randi ka, randi ki, randi ke, madar chod, behen chod, behan chod, bahenchod, benchod, maa ki chut, jhaatu, chinaal, kutte ki aulad',
  ),
  ar: list(
    'كس امك, كس أمك, كسمك, ابن القحبة, قحبة, شرموطة, شراميط, عرص, منيوك, متناك, نيك امك, طيزك, ابن الشرموطة, شرموط, شرموطه, متناكة, متناكه, ابن المتناكة, ابن الكلب, عاهرة, عاهرات, ابن العاهرة, ولد القحبة, قحاب, كس اختك, كس امه, كسختك, طيز, مص زبي, خرا عليك, كل خرا, منيوكة, منايك, ابن الحرام, ابن الزنا, يلعن امك, يلعن ابوك, يلعن دينك',
  ),
  zh: list(
    '操你妈, 肏你妈, 草泥马, 去他妈的, 去你妈的, 真他妈, 傻逼, 傻屄, 婊子, 贱人, 王八蛋, 鸡巴, 妈了个逼, 日你妈, 狗娘养的, 狗日的, 操他妈, 操蛋, 他妈的, 滚你妈, 操你大爷, 操你娘, 操你爹, 操你奶奶, 操你全家, 操你祖宗, 操你老母, 妈的智障, 傻叉, 牛逼, 贱货, 贱逼, 骚货, 骚逼, 烂货, 王八羔子, 狗杂种, 龟儿子, 龟孙子, 干你娘, 干你妈, 干你老母, 妈了个巴子, 日你娘, 日你祖宗, 去死吧, 死全家, 仆街, 扑街, 冚家鏟, 冚家铲, 屌你, 他媽的, 操你媽, 你媽的屄, 幹你娘, 賤人, 賤貨, 雞巴, 機掰',
  ),
  ja: list(
    'くそったれ, クソ野郎, くそ野郎, 糞野郎, クソガキ, クソババア, クソジジイ, 売女, ヤリマン, アバズレ, キチガイ, ぶっ殺す, ぶっ殺してやる, 死ねよ, くたばれ, クソったれ, 糞ったれ, バカ野郎, 馬鹿野郎, ばか野郎, クズ野郎, ゲス野郎, うんこ野郎, ちくしょう, チクショウ, ヤリチン, あばずれ, 淫売, 気違い, チンカス, 死ねカス, タヒね, 死にさらせ, 死に晒せ',
  ),
  ko: [
    ...list(
      '시발, 시발놈, 시발놈아, 시발년, 시발년아, 시발새끼, 씨팔, 지랄, 지랄하네, 지랄이야, 지랄마, 병신같은, 병신새끼, 병신 같은, 좆, 좆같은, 좆같네, 좆까, 좆나, 좆도, 좆밥, 좆만한, 존나, 존나게, 미친새끼, 미친새끼야, 썅, 쌍놈, 쌍년, 썅놈, 니미럴, 느금마, 니애미, 씹창, 엿먹어, 엿 먹어, 염병할, 후레자식, 호로새끼, 또라이새끼, 창녀',
    ),
    ...attach('씨발, 씨발놈, 씨발년, 개새끼, 개자식, 병신, 씹새끼, 씹년, 미친놈, 미친년, 썅년', particles),
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;
