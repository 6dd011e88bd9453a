const list = (words: string) => words.split(/,\s*/);

/**
 * Words that offend, by language (ISO 639-1), as whole words. A word that is harmless in another of these languages, or without
 * its accents, is not listed: "slut" ends a text in Swedish, "cono" is a cone.
 */
export const profaneWords = {
  en: list(
    'fuck, fucks, fucked, fucker, fuckers, fuckin, fucking, motherfucker, motherfuckers, motherfucking, fuckface, fuckwit, clusterfuck, shit, shits, shitty, shithead, shitheads, bullshit, horseshit, dipshit, asshole, assholes, arsehole, arseholes, bitch, bitches, son of a bitch, bastard, bastards, cunt, cunts, twat, twats, wanker, wankers, dickhead, dickheads, cocksucker, cocksuckers, douchebag, douchebags, whore, whores, nigger, niggers, faggot, faggots, jackass, bollocks',
  ),
  de: list(
    'Scheiße, Scheiß, scheißegal, Scheißkerl, beschissen, Arschloch, Arschlöcher, Arschgeige, Wichser, Hurensohn, Hurensöhne, Hure, Nutte, Nutten, Fotze, Fotzen, Schlampe, Schlampen, Missgeburt, verpiss dich, fick dich, ficken, gefickt, verfickt, verfickte, verfickter, Drecksau, Dreckskerl, Schwuchtel, leck mich am Arsch',
  ),
  fr: list(
    'putain, putains, pute, putes, merde, merdes, merdique, connard, connards, connasse, connasses, salope, salopes, salopard, salopards, enculé, enculés, enculer, va te faire foutre, nique ta mère, fils de pute, ta gueule, branleur, branleurs, couilles, trou du cul, trouduc, tarlouze',
  ),
  es: list(
    'mierda, mierdas, puta, putas, hijo de puta, hijos de puta, hijoputa, gilipollas, cabrón, cabrones, joder, jódete, jodido, jodida, pendejo, pendejos, pendeja, chinga tu madre, chingada, chingado, maricón, maricones, malparido, culero, me cago en',
  ),
  it: list(
    'cazzo, cazzi, vaffanculo, fanculo, stronzo, stronzi, stronza, stronzate, merda, puttana, puttane, figlio di puttana, coglione, coglioni, minchia, porco dio, porca puttana, rompicoglioni, testa di cazzo, frocio, froci, fottiti, fottuto, fottuta',
  ),
  pt: list(
    'merda, caralho, foda-se, foda se, fodase, foder, fodido, fodida, puta, putas, filho da puta, filhos da puta, cuzão, buceta, viado, arrombado, vai tomar no cu, vai se foder, puta que pariu, puta que o pariu',
  ),
  nl: list(
    'klootzak, klootzakken, kutwijf, kutzooi, godverdomme, hoer, hoerenzoon, kankerhoer, kankerlijer, teringlijer, tyfuslijer, neuken, sodemieter op, optiefen, krijg de tering, moederneuker',
  ),
  pl: list(
    'kurwa, kurwy, kurwę, kurwo, chuj, chuja, chuju, chujowy, chujowo, pierdolę, pierdol się, pierdolić, pierdolony, pierdolona, spierdalaj, wypierdalaj, jebać, jebany, jebana, pojebany, pojebało, skurwysyn, skurwysyny, pizda, gówno, dziwka, dziwki, kutas',
  ),
  ru: list(
    'блядь, блять, бля, сука, суки, хуй, хуя, хуйня, хуёво, пизда, пизды, пиздец, пиздеть, ебать, ебаный, заебал, заебись, наебать, отъебись, уёбок, уёбище, мудак, мудаки, мудила, пидор, пидорас, пидорасы, шлюха, шлюхи, долбоёб, ебанутый, охуеть, охуенно, похуй, нахуй, залупа, говно, гондон',
  ),
  tr: list(
    'siktir, siktir git, sikeyim, sikerim, orospu, orospu çocuğu, amına koyayım, amına koyim, yarrak, götveren, pezevenk, kahpe, amcık, ananı sikeyim, ibne',
  ),
  hi: list(
    'मादरचोद, बहनचोद, भोसड़ी, भोसड़ीके, चूतिया, चूतिये, रंडी, हरामजादा, हरामजादे, गांड, लंड, madarchod, behenchod, bhenchod, bhosdike, chutiya, chutiye',
  ),
  ar: list('كس امك, كس أمك, كسمك, ابن القحبة, قحبة, شرموطة, شراميط, عرص, منيوك, متناك, نيك امك, طيزك'),
  zh: list(
    '操你妈, 肏你妈, 草泥马, 去他妈的, 去你妈的, 真他妈, 傻逼, 傻屄, 婊子, 贱人, 王八蛋, 鸡巴, 妈了个逼, 日你妈, 狗娘养的, 狗日的, 操他妈, 操蛋',
  ),
  ja: list(
    'くそったれ, クソ野郎, くそ野郎, 糞野郎, クソガキ, クソババア, クソジジイ, 売女, ヤリマン, アバズレ, キチガイ, ぶっ殺す, ぶっ殺してやる, 死ねよ',
  ),
  ko: list(
    '씨발, 시발, 씨발놈, 씨발년, 시발놈, 개새끼, 개새끼야, 병신, 병신새끼, 지랄, 좆같은, 좆같네, 존나, 미친놈, 미친년, 썅년, 니미럴',
  ),
} as const satisfies Readonly<Record<string, readonly string[]>>;
