/** Words for the id of a person in any country's stead, as the source of a pattern over small letters. */
export const generalIdWords =
  'national.?id|identity.?(?:card|n)|personal.?(?:id|code)|tax.?(?:payer|id|n)|social.?(?:sec|ins)|fiscal|citizen';

/** Words for passport, in small letters. */
export const passportWords =
  /(?:passport|reisepass|pass-?(?:nr|nummer|no)|passeport|pasaporte|passaport|paspoort|paszport|pasnummer|passnummer|pasaport|паспорт|护照|護照|パスポート|旅券|여권|पासपोर्ट|جواز)/;

/** Words for a number of a telephone, in small letters. */
export const phoneWords =
  /(?:tele?f\p{L}{0,48}|t[eéè]l[eéè]?(?:ph|f)\p{L}{0,48}|(?<!\p{L})t[eé]l|phone|mob(?:ile?|iel)\p{L}{0,48}|cell(?:ulare|phone)?|fax|whatsapp|sms|handy\p{L}{0,48}|gsm|hotline|(?<![\p{L}-])(?:call|reach|ring|text|contact|dial|answering|messages? to)(?: (?:me|us|him|her|them))?|(?<!\p{L})(?:office|desk|landline|pager)|телефон\p{L}{0,48}|тел|звон\p{L}{0,48}|电话|電話|手机|携帯|전화|휴대폰|هاتف|جوال|फ़ोन|मोबाइल)/u;

/** Words for birth, in small letters. */
export const birthWords =
  /(?:born|birth|(?<![a-z])d\.?o\.?b(?![a-z])|geb(?:oren|urt|\.)|naiss|(?<![a-zà-ÿ])n[eé]e? le |nacid|nacim|nat[oa] |nascit|nascid|nascim|geboor|född|født|fødsel|syntyn|syntym|urodz|рожд|родил|生年月日|出生|生まれ|생년월일|출생|जन्म|ولادة|ميلاد|مواليد|doğum|doğdu)/;
