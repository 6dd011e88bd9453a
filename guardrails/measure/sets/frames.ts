/** Sentences in ten languages and forms of data around a value, `{}`. */
export const mailFrames: readonly string[] = [
  'Please write to {} by Friday, and copy the team.',
  'Schreiben Sie bitte bis Freitag an {}.',
  'Écrivez à {} avant lundi, merci.',
  'Escribe a {} mañana por la mañana.',
  'Scrivi a {} prima di domani.',
  'Escreva para {} ainda hoje.',
  'Stuur een bericht naar {}, alsjeblieft.',
  'Napisz na adres {} jeszcze dzisiaj.',
  'Пишите на {} до пятницы.',
  '{}まで送ってください。',
  '请在星期五之前发送到{}。',
  '{"customer":{"name":"Ann","email":"{}","age":41}}',
  'Ann Lee <{}>, Bob <none>',
];

/** With a word that announces a number of a telephone. */
export const phoneFrames: readonly string[] = [
  'Call me at phone {} after five.',
  'Meine Telefonnummer ist {}, bitte ab 17 Uhr.',
  'Mon numéro de téléphone : {}.',
  'Mi teléfono es {}, gracias.',
  'Il mio telefono è {}.',
  'Meu telefone é {}, obrigado.',
  'Mijn telefoon: {}',
  'Telefon: {}',
  'Телефон: {}.',
  '電話は{}です。',
  '电话：{}。',
  '{"phone":"{}"}',
];

/** Without any word that announces what the value is. */
export const plainFrames: readonly string[] = [
  'I paid with {} yesterday.',
  'Bitte buchen Sie es von {} ab.',
  'Utilisez {} pour ce dossier.',
  'Usa {} para el pago, por favor.',
  'Ho usato {} per questo.',
  'Use {} para isso, obrigado.',
  'Gebruik {} hiervoor.',
  'Proszę użyć {} do tego.',
  'Используйте {} для этого.',
  '{}を使ってください。',
  '请使用{}。',
  '{"value":"{}","count":3}',
  'a;{};b',
];

export const passportFrames: readonly string[] = [
  'My passport number is {}.',
  'Reisepass Nr. {}, gültig bis 2030',
  'Passeport n° {}',
  'Pasaporte: {}',
  'Passaporto n. {}',
  'Passaporte {}',
  'Paspoortnummer: {}',
  'Paszport {}',
  'Паспорт: {}',
  'パスポート番号は{}です。',
  '护照号码：{}',
  '{"passport":"{}"}',
];

export const birthFrames: readonly string[] = [
  'She was born on {} in Leeds.',
  'Geboren am {} in Ulm.',
  'Née le {} à Lyon.',
  'Nacido el {} en León.',
  'Data di nascita: {}',
  'Data de nascimento: {}',
  'Geboortedatum: {}',
  'Urodzony {} w Łodzi.',
  'Дата рождения: {}',
  '生年月日：{}',
  '出生日期：{}',
  '{"date_of_birth":"{}"}',
];

export const netFrames: readonly string[] = [
  'The request came from {} at noon.',
  'Die Anfrage kam von {}.',
  'La requête venait de {}.',
  '{} - - "GET / HTTP/1.1" 200 512',
  '{"client":"{}"}',
];
