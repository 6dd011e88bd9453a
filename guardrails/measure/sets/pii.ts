import { friendlyFormatIBAN, isValidIBAN } from 'ibantools';
import { type CountryCode, getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import examples from 'libphonenumber-js/mobile/examples';
import { idForms } from '../../rules/pii/id-forms.ts';
import type { LabelledSet } from '../labelled.ts';
import type { Draw } from '../random.ts';
import { birthFrames, mailFrames, netFrames, passportFrames, phoneFrames, plainFrames } from './frames.ts';
import { idTemplates } from './national-ids.ts';

const names = ['jane', 'j.doe', 'anna-maria', 'li_wei', 'o.brien+news', 'MAX', 'info42', 'jose'];
const hosts = ['example.com', 'mail.acme.co.uk', 'firma.example', 'uni-x.edu', 'a.b.example.org', 'posta.it'];
const inBase64 = (text: string) => Buffer.from(text).toString('base64');
const plainMail = (name: string, host: string) => `${name}@${host}`;
/** As texts, URLs, HTML and encoded texts have an address: one of four is not plain. */
const mailForms: readonly ((name: string, host: string) => string)[] = [
  ...Array.from({ length: 15 }, () => plainMail),
  (name, host) => `${name}%40${host}`,
  (name, host) => `${name}&#64;${host}`,
  (name, host) => `${name}&commat;${host}`,
  (name, host) => `"${name} lee"@${host}`,
  (name, host) => inBase64(`${name}@${host}`),
];
const asItIs = (card: string) => card;
const cardWays: readonly ((card: string) => string)[] = [
  ...Array.from({ length: 8 }, () => asItIs),
  (card) => card.replace(/[ -]/g, '.'),
  inBase64,
];
const phoneCountries: readonly CountryCode[] = [
  ...([
    'US',
    'GB',
    'DE',
    'FR',
    'ES',
    'IT',
    'NL',
    'BE',
    'PL',
    'SE',
    'NO',
    'DK',
    'FI',
    'PT',
    'AT',
    'CH',
  ] as const),
  ...(['IE', 'BR', 'MX', 'IN', 'JP', 'KR', 'CN', 'AU', 'ZA', 'TR', 'RU', 'EG'] as const),
];
const ibanForms = [
  ...['DE999999999999999999', 'NL99ABNA9999999999', 'GB99WEST99999999999999', 'FR9999999999999999999999999'],
  ...[
    'ES9999999999999999999999',
    'BE99999999999999',
    'AT999999999999999999',
    'CH9999999999999999999',
    'PL99999999999999999999999999',
  ],
];
const cardForms = [
  ...[
    '4999999999999999',
    '4999 9999 9999 9999',
    '5199999999999999',
    '5599-9999-9999-9999',
    '2399999999999999',
  ],
  ...['379999999999999', '3499 999999 99999', '6011999999999999', '3530999999999999', '6299999999999999'],
];
const passportForms = ['999999999', 'A99999999', 'AA9999999', '99AA99999', 'C99X99T99'];
const months = ['January', 'März', 'mars', 'octubre', 'dicembre', 'maio'];
const triesMax = 200_000;

function drawUntil(make: () => string, isValid: (drawn: string) => boolean): string {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const drawn = make();
    if (isValid(drawn)) return drawn;
  }
  throw new Error('Nothing valid was drawn.');
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0');
}

function fillDate(form: string, draw: Draw): string {
  const date = {
    YY: pad(30 + draw.integer(65)),
    MM: pad(1 + draw.integer(12)),
    DD: pad(1 + draw.integer(28)),
  };
  return draw.fill(form).replace(/YY|MM|DD/g, (part) => date[part as 'YY']);
}

function drawPhone(draw: Draw): { readonly value: string; readonly isNational: boolean } {
  for (;;) {
    const country = draw.pick(phoneCountries);
    const known = getExampleNumber(country, examples)?.number ?? '';
    const number = parsePhoneNumberFromString(known.slice(0, -3) + draw.fill('999'));
    if (number?.isValid() !== true) continue;
    const isNational = draw.integer(3) === 0;
    const value = draw.pick([number.formatInternational(), number.number, number.formatInternational()]);
    return { value: isNational ? number.formatNational() : value, isNational };
  }
}

/** Luhn's check digit: from the right, every second digit doubled. */
function isLuhn(number: string): boolean {
  const digits = [...number.replace(/\D/g, '')].reverse().map(Number);
  const sum = digits.reduce(
    (all, digit, at) => all + (at % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)),
    0,
  );
  return sum % 10 === 0;
}

function drawDate(draw: Draw): string {
  const [year, month, day] = [1930 + draw.integer(80), 1 + draw.integer(12), 1 + draw.integer(28)];
  return draw.pick([
    `${year}-${pad(month)}-${pad(day)}`,
    `${pad(day)}.${pad(month)}.${year}`,
    `${pad(month)}/${pad(day)}/${year}`,
    `${day} ${draw.pick(months)} ${year}`,
    `${draw.pick(['May', 'March', 'August'])} ${day}, ${year}`,
    `${year}年${month}月${day}日`,
  ]);
}

/** The value of a kind with the sentences that it may stand in. */
function drawValue(kind: string, draw: Draw): readonly [value: string, frames: readonly string[]] {
  switch (kind) {
    case 'EMAIL': {
      const [name, host] = [draw.pick(names), draw.pick(hosts)];
      return [draw.pick(mailForms)(name, host), mailFrames];
    }
    case 'PHONE': {
      const { value, isNational } = drawPhone(draw);
      return [value, isNational ? phoneFrames : [...phoneFrames, ...plainFrames]];
    }
    case 'CREDIT_CARD':
      return [draw.pick(cardWays)(drawUntil(() => draw.fill(draw.pick(cardForms)), isLuhn)), plainFrames];
    case 'IBAN': {
      const iban = drawUntil(
        () => draw.fill(draw.pick(ibanForms)),
        (one) => isValidIBAN(one),
      );
      return [draw.pick([iban, friendlyFormatIBAN(iban) ?? iban]), plainFrames];
    }
    case 'PASSPORT':
      return [draw.fill(draw.pick(passportForms)), passportFrames];
    case 'DATE_OF_BIRTH':
      return [drawDate(draw), birthFrames];
    case 'IP_ADDRESS': {
      const v4 = `93.${100 + draw.integer(100)}.${draw.integer(256)}.${draw.integer(256)}`;
      const v6 = `2a00:${draw.text(4, '123456789abcdef')}:${draw.text(3, '123456789abcdef')}::${draw.text(4, '123456789')}`;
      return [draw.pick([v4, v4, v6]), netFrames];
    }
    default: {
      const template = idTemplates[kind];
      const form = idForms.find((one) => one.kind === kind);
      if (template === undefined || form === undefined) throw new Error(`There is no template for ${kind}.`);
      const value = drawUntil(
        () => fillDate(draw.pick(template.forms), draw),
        (one) => form.validate(one).isValid,
      );
      return [value, template.frames ?? plainFrames];
    }
  }
}

const families = ['EMAIL', 'PHONE', 'CREDIT_CARD', 'IBAN', 'PASSPORT', 'IP_ADDRESS', 'DATE_OF_BIRTH'];

/** Personal data in sentences of ten languages and in forms of data. */
export const piiSet: LabelledSet = {
  rule: 'pii',
  kinds: [...families, ...idForms.map(({ kind }) => kind)],
  make: (kind, draw) => {
    const [value, frames] = drawValue(kind, draw);
    return { kind, value, text: draw.pick(frames).replace('{}', () => value) };
  },
};
