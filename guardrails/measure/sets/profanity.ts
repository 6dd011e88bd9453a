import { type ContentSet, userLook } from '../content.ts';
import { disguise } from './disguises.ts';

const list = (words: string) => words.split(', ');

/** Words and phrases that offend, in the forms that people write, collected without the rule's lists. */
const offending: Readonly<Record<string, readonly string[]>> = {
  en: list(
    'fuck you, fucking idiot, shut the fuck up, piece of shit, bullshit, you asshole, you bitch, bitches, motherfucker, dumbass, cunt, fucktard, fucked up, shitting, son of a bitch, wanker, prick, whore, slutty, dickhead',
  ),
  de: list(
    'Scheiße, so ein Scheiß, du Arschloch, verfickte Kiste, fick dich, Wichser, Hurensohn, du Fotze, Arschficker, verpiss dich, beschissenes Wetter, Scheißdreck, Drecksau, Schlampe, ihr Wichser, Arschgesicht, Missgeburt, verarschen',
  ),
  fr: list(
    'putain, merde, connard, connasse, salope, enculé, va te faire foutre, nique ta mère, fils de pute, salaud, enfoiré, tu me fais chier, ta gueule, casse-couilles, emmerdeur, sale pute, bordel de merde, enculée',
  ),
  es: list(
    'mierda, hijo de puta, gilipollas, cabrón, joder, que te jodan, jódete, puta madre, pendejo, chinga tu madre, maricón, soplapollas, chupapollas, follar, cabrones, no me jodas, come mierda, zorra de mierda',
  ),
  it: list(
    'cazzo, vaffanculo, stronzo, merda, figlio di puttana, coglione, testa di cazzo, che cazzo vuoi, stronzata, incazzato, porca puttana, rompicoglioni, cazzata, mignotta, leccaculo, puttana, sfigato di merda, minchia',
  ),
  pt: list(
    'merda, caralho, foda-se, filho da puta, vai tomar no cu, puta que pariu, porra, buceta, cuzão, arrombado, vai se foder, fodido, puta, foder, fodeu, bosta, boceta, merdas',
  ),
  nl: list(
    'klootzak, godverdomme, kankerhoer, kutwijf, sodemieter op, krijg de tering, hoerenzoon, klootzakken, teringlijer, rotzak, hufter, lulhannes, neuken, verneukt, opgeflikkerd, tyfuslijer, godver, kutzooi',
  ),
  pl: list(
    'kurwa, chuj, spierdalaj, pierdol się, skurwysyn, jebany, wypierdalaj, pojebany, kurwy, chujowy, pierdolony, zajebiście, wkurwiony, dupek, gówno, jebać, pierdolnięty, chuj ci w dupę',
  ),
  ru: list(
    'блядь, сука, хуй, пиздец, ебать, мудак, пидорас, заебал, нахуй, охуел, ёбаный, ебаная, долбоёб, шлюха, гондон, пошёл нахуй, хуёвый, выёбываться, говно, похуй',
  ),
  tr: list(
    'siktir git, orospu çocuğu, amına koyayım, sikeyim, yarrak, göt veren, piç kurusu, orospular, siktirin, ananı sikeyim, pezevenk, kahpe, amcık, ibne, götveren, orospunun, yarrağım, sikik',
  ),
  hi: list(
    'मादरचोद, बहनचोद, चूतिया, भोसड़ीके, हरामजादा, रंडी, गांडू, madarchod, bhenchod, chutiya, bhosdike, gandu, harami, हरामी, चूतियापा, लौड़ा, randi ka bachcha, behenchod',
  ),
  ar: list(
    'كس أمك, ابن القحبة, شرموطة, قحبة, منيوك, يا عرص, نيك أمك, كسمك, متناك, ابن الشرموطة, يا ابن الكلب, عاهرة, طيزك, شراميط, خرا عليك, ابن المتناكة',
  ),
  zh: list(
    '操你妈, 傻逼, 他妈的, 去你妈的, 王八蛋, 婊子, 贱人, 狗日的, 草泥马, 你妈逼, 操你大爷, 傻屄, 妈的智障, 滚你妈的, 狗娘养的, 鸡巴, 臭婊子, 操蛋',
  ),
  ja: list(
    'くそったれ, クソ野郎, 死ね, ぶっ殺すぞ, このクソガキ, ヤリマン, クソババア, キチガイ, くたばれ, 糞野郎, バカ野郎, ファック, 売女, ちくしょう, クソが, 死ねよ',
  ),
  ko: list(
    '씨발, 개새끼, 병신, 지랄, 좆같은, 미친놈, 씨발놈아, 시발, 씹새끼, 개자식, 엿먹어, 썅년, 존나, 개새끼들, 병신아, 꺼져 씨발',
  ),
};

/** Names, places, medicine and words of other languages that hold such words or resemble them. */
const harmless: readonly string[] = [
  ...list(
    'Scunthorpe, Penistone, Essex, Middlesex, Clitheroe, Lightwater, Cockfosters, Dickinson, Hitchcock, Babcock, Shittim, Titicaca, Assam, Cumbria, Twatt in Orkney, Wankdorf',
  ),
  ...list(
    'analysis, assess, bass, class, grass, passage, cocktail, peacock, shuttlecock, shiitake, Matsushita, therapist, circumstance, accumulate, cucumber, document, button, titular, title, constitution, prostate, uterus, cervix, breast cancer, rectal exam, anal fissure, penile cancer, vaginal delivery, coccyx, dictate, predict, pussy willow, cockpit, Weathercock',
  ),
  ...list('Dicke Milch, Fuchs, Wichtel, Anus praeter, Nussschale, Fickert, Arschin'),
  ...list(
    'le retard du train, la députée, la reputation, disputer, amputer, permettre, un cône, le concert, Condé',
  ),
  ...list(
    'un cono, año nuevo, disputa, computadora, diputado, reputación, joderich, Cabrales, la polla come maíz',
  ),
  ...list('la pizza, Capezzale, Cazzaniga, Merdi, il computer, puttini, Troia, penisola'),
  ...list('o caráter, a disputa, computador, reputação, Cuba, cuidado, pintor'),
  ...list('het kutteken, huren, verhuren, hoera, eikel'),
  ...list('sukces, kurwatura, chujkowski, pizzeria, jebel, dziwny, Kutno'),
  ...list(
    'рассказ, требует, хлебать, оскорблять, сукно, употреблять, подстраховать, команда, корабль, гребля, рубля, ансамбля',
  ),
  ...list('sıkı, sıkça, sikke, amca, götürmek, picnic, pil'),
  ...list('गांधी, गांव, लंदन'),
  ...list('عرصة, نيكل, كسب, كسر, شرح, طيران'),
  ...list('操作系统, 体操, 草原, 鸡肉, 妈妈的手, 贱卖, 狗粮, 傻瓜相机'),
  ...list('パチンコ, ロマンコメディ, 死ねない, 死ぬ気で'),
  ...list('시발점, 시발역, 출발'),
];

const frames = ['{}', '{}!', 'He said: {}.', '"{}" …', 'Was soll das, {}?', '{} 😡', '- {}\n- ok'];
const latin = new Set(['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl']);

/** Words that offend in fifteen languages, plain and disguised, and harmless words that resemble them. */
export const profanitySet: ContentSet = {
  rule: 'profanity',
  kinds: [...Object.keys(offending), 'DISGUISED'],
  looksAtHarmless: true,
  makeFound: (kind, draw) => {
    const language = kind === 'DISGUISED' ? draw.pick([...latin]) : kind;
    const word = draw.pick(offending[language] ?? []);
    const written =
      kind === 'DISGUISED'
        ? disguise(word, ['capitals', 'wide', 'zeroWidth', 'homoglyphs', 'digits'], draw)
        : word;
    return userLook(draw.pick(frames).replace('{}', () => written));
  },
  makePassed: (_kind, draw) => userLook(draw.pick(frames).replace('{}', () => draw.pick(harmless))),
};
