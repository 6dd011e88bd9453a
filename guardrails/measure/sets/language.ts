import { type ContentSet, userLook } from '../content.ts';

const sentences: Readonly<Record<string, readonly string[]>> = {
  de: [
    'Können Sie mir bitte sagen, wann der nächste Zug nach Hamburg fährt?',
    'Die Lieferung ist gestern nicht angekommen, und niemand meldet sich.',
    'Ich möchte meinen Vertrag zum Ende des Monats kündigen.',
  ],
  fr: [
    'Pouvez-vous me dire quand part le prochain train pour Lyon ?',
    'La livraison n’est pas arrivée hier et personne ne répond.',
    'Je voudrais résilier mon contrat à la fin du mois.',
  ],
  es: [
    '¿Puede decirme cuándo sale el próximo tren para Sevilla?',
    'El pedido no llegó ayer y nadie contesta al teléfono.',
    'Quiero cancelar mi contrato a finales de mes.',
  ],
  it: [
    'Può dirmi quando parte il prossimo treno per Bologna?',
    'La consegna non è arrivata ieri e nessuno risponde.',
    'Vorrei disdire il mio contratto alla fine del mese.',
  ],
  pt: [
    'Pode dizer-me quando sai o próximo comboio para o Porto?',
    'A encomenda não chegou ontem e ninguém atende o telefone.',
    'Quero cancelar o meu contrato no fim do mês.',
  ],
  nl: [
    'Kunt u mij vertellen wanneer de volgende trein naar Utrecht gaat?',
    'De bestelling is gisteren niet aangekomen en niemand neemt op.',
    'Ik wil mijn contract aan het einde van de maand opzeggen.',
  ],
  pl: [
    'Czy może mi pan powiedzieć, kiedy odjeżdża następny pociąg do Łodzi?',
    'Przesyłka wczoraj nie dotarła i nikt nie odbiera telefonu.',
    'Chcę rozwiązać umowę z końcem miesiąca.',
  ],
  ru: [
    'Подскажите, пожалуйста, когда отходит следующий поезд в Казань?',
    'Вчера заказ так и не привезли, и никто не отвечает.',
    'Я хочу расторгнуть договор в конце месяца.',
  ],
  tr: [
    'Bir sonraki trenin Ankara’ya ne zaman kalktığını söyler misiniz?',
    'Sipariş dün gelmedi ve kimse telefona cevap vermiyor.',
    'Sözleşmemi ay sonunda iptal etmek istiyorum.',
  ],
  ar: [
    'هل يمكنك أن تخبرني متى يغادر القطار التالي إلى القاهرة؟',
    'لم تصل الطلبية أمس ولا أحد يرد على الهاتف.',
    'أريد إلغاء عقدي في نهاية الشهر.',
  ],
  hi: [
    'क्या आप बता सकते हैं कि दिल्ली के लिए अगली ट्रेन कब जाती है?',
    'सामान कल नहीं पहुँचा और कोई फ़ोन नहीं उठाता।',
    'मैं महीने के अंत में अपना अनुबंध रद्द करना चाहता हूँ।',
  ],
  zh: [
    '请问下一班去上海的火车什么时候出发？',
    '昨天的货没有送到，也没有人接电话。',
    '我想在月底取消我的合同。',
  ],
  ja: [
    '次の大阪行きの電車は何時に出ますか、教えてください。',
    '昨日の荷物が届かず、誰も電話に出ません。',
    '月末に契約を解約したいと思います。',
  ],
  ko: [
    '다음 부산행 기차가 언제 출발하는지 알려 주시겠어요?',
    '어제 주문한 물건이 오지 않았고 아무도 전화를 받지 않아요.',
    '이번 달 말에 계약을 해지하고 싶습니다.',
  ],
};
const english = [
  'Could you tell me when the next train to Hamburg leaves?',
  'The delivery did not arrive yesterday and nobody answers the phone.',
  'I would like to cancel my contract at the end of the month.',
  'The restaurant "Zum Goldenen Hirsch" serves Käsespätzle and Sauerbraten.',
  'My name is José Ramón Gutiérrez and I live in Besançon.',
  'He said bonjour, merci and au revoir, and left for the Champs-Élysées.',
  'Run `npm install` and open src/main.ts; the function parseInt(value, 10) fails.',
  'OK, thanks!',
  'The Tokyo branch (東京支店) sent the report on Monday.',
];

/** Questions in fourteen languages where only English is allowed, and English ones with foreign names and words. */
export const languageSet: ContentSet = {
  rule: 'language',
  kinds: Object.keys(sentences),
  options: () => ({ allowed: ['en'] }),
  makeFound: (kind, { pick }) => {
    const found = `${pick(sentences[kind] ?? [])} ${pick(sentences[kind] ?? [])}`;
    return userLook(pick([found, `${pick(english)} ${found}`, `${found}\n${pick(english)}`]));
  },
  makePassed: (_kind, { pick }) => userLook(`${pick(english)} ${pick(english)}`),
};
