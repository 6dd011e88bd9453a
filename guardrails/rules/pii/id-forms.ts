import { validate as at } from 'stdnum/lib/cjs/at/vnr.js';
import { validate as au } from 'stdnum/lib/cjs/au/tfn.js';
import { validate as be } from 'stdnum/lib/cjs/be/nn.js';
import { validate as bg } from 'stdnum/lib/cjs/bg/egn.js';
import { validate as br } from 'stdnum/lib/cjs/br/cpf.js';
import { validate as ca } from 'stdnum/lib/cjs/ca/sin.js';
import { validate as ch } from 'stdnum/lib/cjs/ch/ssn.js';
import { validate as cl } from 'stdnum/lib/cjs/cl/run.js';
import { validate as cn } from 'stdnum/lib/cjs/cn/ric.js';
import { validate as cz } from 'stdnum/lib/cjs/cz/rc.js';
import { validate as de } from 'stdnum/lib/cjs/de/idnr.js';
import { validate as dk } from 'stdnum/lib/cjs/dk/cpr.js';
import { validate as ee } from 'stdnum/lib/cjs/ee/ik.js';
import { validate as esDni } from 'stdnum/lib/cjs/es/dni.js';
import { validate as esNie } from 'stdnum/lib/cjs/es/nie.js';
import { validate as fi } from 'stdnum/lib/cjs/fi/hetu.js';
import { validate as fr } from 'stdnum/lib/cjs/fr/nir.js';
import { validate as gb } from 'stdnum/lib/cjs/gb/nino.js';
import { validate as hr } from 'stdnum/lib/cjs/hr/oib.js';
import { validate as ie } from 'stdnum/lib/cjs/ie/pps.js';
import { validate as il } from 'stdnum/lib/cjs/il/idnr.js';
import { validate as inAadhaar } from 'stdnum/lib/cjs/in/aadhaar.js';
import { validate as it } from 'stdnum/lib/cjs/it/codicefiscale.js';
import { validate as kr } from 'stdnum/lib/cjs/kr/rrn.js';
import { validate as lt } from 'stdnum/lib/cjs/lt/asmens.js';
import { validate as mx } from 'stdnum/lib/cjs/mx/curp.js';
import { validate as nl } from 'stdnum/lib/cjs/nl/bsn.js';
import { validate as no } from 'stdnum/lib/cjs/no/fodselsnummer.js';
import { validate as pl } from 'stdnum/lib/cjs/pl/pesel.js';
import { validate as pt } from 'stdnum/lib/cjs/pt/nif.js';
import { validate as ro } from 'stdnum/lib/cjs/ro/cnp.js';
import { validate as se } from 'stdnum/lib/cjs/se/personnummer.js';
import { validate as si } from 'stdnum/lib/cjs/si/emso.js';
import { validate as th } from 'stdnum/lib/cjs/th/idnr.js';
import { validate as tr } from 'stdnum/lib/cjs/tr/tckimlik.js';
import { validate as us } from 'stdnum/lib/cjs/us/ssn.js';
import { validate as za } from 'stdnum/lib/cjs/za/idnr.js';

import { checkDigit, hasBelgianSum, hasLuhnSum, hasMod11Mod10, type MayBeValid } from './check-digits.ts';

/** The number that a country knows a person by. */
export interface IdForm {
  readonly kind: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** How many digits its first group may have, in the ways in which it is written; 'letters': letters begin it. */
  readonly groups: readonly number[] | 'letters';
  readonly pattern: RegExp;
  /** Some of its check digits, at little cost: all must pass. */
  readonly checks?: readonly MayBeValid[];
  /** All of its check digits and rules. */
  readonly validate: (written: string) => { readonly isValid: boolean };
  /** Words that announce it, as the source of a pattern. */
  readonly words: string;
  /** Written like this it needs no such word: its form or its check digits are rare enough. */
  readonly alone?: RegExp;
}

const anyForm = /^/;
const hyphened = /-/;

/** Sources of the forms: the documentation of stdnum, which has the check digits. */
export const idForms: readonly IdForm[] = [
  {
    kind: 'US_SSN',
    country: 'US',
    groups: [3, 9],
    pattern: /(?!000|666)[0-8]\d{2}([- ]?)(?!00)\d{2}\1(?!0000)\d{4}/y,
    validate: us,
    words: 'ssn|social.?sec',
    alone: hyphened,
  },
  {
    kind: 'GB_NINO',
    country: 'GB',
    groups: 'letters',
    pattern: /[A-Z]{2}([ -]?)\d{2}\1\d{2}\1\d{2}\1[A-D]/y,
    validate: gb,
    words: 'nino|national.?insur|ni no',
    alone: anyForm,
  },
  {
    kind: 'DE_TAX_ID',
    country: 'DE',
    groups: [2, 11],
    pattern: /\d{2}( ?)\d{3}\1\d{3}\1\d{3}/y,
    checks: [hasMod11Mod10],
    validate: de,
    words: 'steuer|identifikationsnummer|idnr|tin(?![a-z])',
  },
  {
    kind: 'FR_NIR',
    country: 'FR',
    groups: [1, 7, 6, 15],
    pattern: /[12]( ?)\d{2}\1(?:0[1-9]|1[0-2]|20|3\d|4[0-2])\1(?:\d{2}|2[AB])\1\d{3}\1\d{3}\1\d{2}/y,
    validate: fr,
    words: 's[eé]cu|nir(?![a-z])',
    alone: anyForm,
  },
  {
    kind: 'ES_DNI',
    country: 'ES',
    groups: [8],
    pattern: /\d{8}[- ]?[A-Z]/y,
    validate: esDni,
    words: 'dni|nif|documento nacional|identidad',
  },
  {
    kind: 'ES_NIE',
    country: 'ES',
    groups: 'letters',
    pattern: /[XYZ]-?\d{7}-?[A-Z]/y,
    validate: esNie,
    words: 'nie|extranjero',
    alone: anyForm,
  },
  {
    kind: 'IT_FISCAL_CODE',
    country: 'IT',
    groups: 'letters',
    pattern: /[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]/y,
    validate: it,
    words: 'fiscale',
    alone: anyForm,
  },
  {
    kind: 'NL_BSN',
    country: 'NL',
    groups: [4, 9],
    pattern: /\d{9}|\d{4}\.\d{2}\.\d{3}/y,
    checks: [checkDigit([9, 8, 7, 6, 5, 4, 3, 2], '0123456789-')],
    validate: nl,
    words: 'bsn|burgerservice|sofi',
  },
  {
    kind: 'BE_NATIONAL_NUMBER',
    country: 'BE',
    groups: [2, 11],
    pattern: /\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}|\d{11}/y,
    checks: [hasBelgianSum],
    validate: be,
    words: 'rijksregister|registre national|insz|niss',
    alone: hyphened,
  },
  {
    kind: 'PL_PESEL',
    country: 'PL',
    groups: [11],
    pattern: /\d{11}/y,
    checks: [checkDigit([1, 3, 7, 9, 1, 3, 7, 9, 1, 3], '0987654321')],
    validate: pl,
    words: 'pesel',
  },
  {
    kind: 'SE_PERSONNUMMER',
    country: 'SE',
    groups: [6, 8, 10, 12],
    pattern: /(?:\d{2})?\d\d[01]\d{3}[-+]?\d{4}/y,
    // The sign before the last four digits may be absent in what people write, but not for stdnum.
    validate: (written) => se(written.replace(/(?<=^\d+)(?=\d{4}$)/, '-')),
    words: 'person.?n|samordning|(?<![a-z])pnr',
  },
  {
    kind: 'NO_FODSELSNUMMER',
    country: 'NO',
    groups: [6, 11],
    pattern: /\d{6} ?\d{5}/y,
    checks: [
      checkDigit([3, 7, 6, 1, 8, 9, 4, 5, 2], '0-987654321'),
      checkDigit([5, 4, 3, 2, 7, 6, 5, 4, 3, 2], '0-987654321'),
    ],
    validate: no,
    words: 'f[oø]dselsn|person.?n|d-nummer|fnr',
  },
  {
    kind: 'DK_CPR',
    country: 'DK',
    groups: [6, 10],
    pattern: /[0-3]\d[01]\d{3}-?\d{4}/y,
    validate: dk,
    words: 'cpr|person.?n',
  },
  {
    kind: 'FI_HETU',
    country: 'FI',
    groups: [6],
    pattern: /\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]/y,
    validate: fi,
    words: 'hetu|henkilötunn|henkilotunn|sotu',
    alone: /[A-Y]$/,
  },
  {
    kind: 'PT_NIF',
    country: 'PT',
    groups: [3, 9],
    pattern: /\d{3}( ?)\d{3}\1\d{3}/y,
    checks: [checkDigit([9, 8, 7, 6, 5, 4, 3, 2], '00987654321')],
    validate: pt,
    words: 'nif|contribuinte',
  },
  {
    kind: 'AT_SVNR',
    country: 'AT',
    groups: [4, 10],
    pattern: /\d{4} ?\d{6}/y,
    checks: [checkDigit([3, 7, 9, 5, 8, 4, 2, 1, 6], '0123456789-', 3)],
    validate: at,
    words: 'svnr|sv-?n|sozialvers|versicherungsn',
  },
  {
    kind: 'CH_AHV',
    country: 'CH',
    groups: [3, 13],
    pattern: /756([. ]?)\d{4}\1\d{4}\1\d{2}/y,
    checks: [checkDigit([1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3], '0987654321')],
    validate: ch,
    words: 'ahv|avs|sozialvers',
    alone: anyForm,
  },
  { kind: 'IE_PPS', country: 'IE', groups: [7], pattern: /\d{7}[A-W][A-ITWX]?/y, validate: ie, words: 'pps' },
  {
    kind: 'BR_CPF',
    country: 'BR',
    groups: [3, 11],
    pattern: /\d{3}(\.?)\d{3}\1\d{3}-?\d{2}/y,
    checks: [
      checkDigit([10, 9, 8, 7, 6, 5, 4, 3, 2], '00987654321'),
      checkDigit([11, 10, 9, 8, 7, 6, 5, 4, 3, 2], '00987654321'),
    ],
    validate: br,
    words: 'cpf',
    alone: /\..*-/,
  },
  {
    kind: 'IN_AADHAAR',
    country: 'IN',
    groups: [4, 12],
    pattern: /[2-9]\d{3}([- ]?)\d{4}\1\d{4}/y,
    validate: inAadhaar,
    words: 'aadh?aar|uid(?:ai)?(?![a-z])|आधार',
  },
  {
    kind: 'CA_SIN',
    country: 'CA',
    groups: [3, 9],
    pattern: /\d{3}([- ]?)\d{3}\1\d{3}/y,
    checks: [hasLuhnSum],
    validate: ca,
    words: '(?<![a-z])sin(?![a-z])|social.?ins|assurance sociale|(?<![a-z])nas(?![a-z])',
  },
  {
    kind: 'AU_TFN',
    country: 'AU',
    groups: [3, 8, 9],
    pattern: /\d{3}([ -]?)\d{3}\1\d{2,3}/y,
    validate: au,
    words: 'tfn|tax.?file',
  },
  {
    kind: 'KR_RRN',
    country: 'KR',
    groups: [6, 13],
    pattern: /\d\d[01]\d[0-3]\d-?[1-8]\d{6}/y,
    checks: [checkDigit([2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5], '10987654321')],
    validate: kr,
    words: '주민|rrn',
    alone: hyphened,
  },
  {
    kind: 'ZA_ID',
    country: 'ZA',
    groups: [6, 13],
    pattern: /\d\d[01]\d[0-3]\d( ?)\d{4}\1\d{3}/y,
    checks: [hasLuhnSum],
    validate: za,
    words: 'south african|(?<![a-z])id(?![a-z])',
  },
  {
    kind: 'MX_CURP',
    country: 'MX',
    groups: 'letters',
    pattern: /[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d/y,
    validate: mx,
    words: 'curp',
    alone: anyForm,
  },
  {
    kind: 'CN_RESIDENT_ID',
    country: 'CN',
    groups: [17, 18],
    pattern: /[1-9]\d{5}[12]\d{3}[01]\d[0-3]\d{4}[\dXx]/y,
    checks: [checkDigit([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], '10X98765432')],
    validate: cn,
    words: '身份证|身分證|居民',
    alone: anyForm,
  },
  {
    kind: 'RO_CNP',
    country: 'RO',
    groups: [13],
    pattern: /[1-9]\d{12}/y,
    checks: [checkDigit([2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9], '01234567891')],
    validate: ro,
    words: 'cnp|cod numeric',
  },
  {
    kind: 'BG_EGN',
    country: 'BG',
    groups: [10],
    pattern: /\d{10}/y,
    checks: [checkDigit([2, 4, 8, 5, 10, 9, 7, 3, 6], '01234567890')],
    validate: bg,
    words: 'егн|egn',
  },
  {
    kind: 'CZ_BIRTH_NUMBER',
    country: 'CZ',
    groups: [6, 9, 10],
    pattern: /\d{6}\/?\d{3,4}/y,
    validate: cz,
    words: 'rodn',
  },
  {
    kind: 'TR_KIMLIK',
    country: 'TR',
    groups: [11],
    pattern: /[1-9]\d{10}/y,
    checks: [
      checkDigit([3, 1, 3, 1, 3, 1, 3, 1, 3], '0987654321'),
      checkDigit([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], '0123456789'),
    ],
    validate: tr,
    words: 'kimlik|(?<![a-z])tc(?![a-z])|t\\.c\\.|tckn',
  },
  {
    kind: 'HR_OIB',
    country: 'HR',
    groups: [11],
    pattern: /\d{11}/y,
    checks: [hasMod11Mod10],
    validate: hr,
    words: 'oib',
  },
  {
    kind: 'IL_ID',
    country: 'IL',
    groups: [9],
    pattern: /\d{9}/y,
    checks: [hasLuhnSum],
    validate: il,
    words: 'teudat|תעודת|ת\\.ז|israel',
  },
  {
    kind: 'TH_ID',
    country: 'TH',
    groups: [1, 13],
    pattern: /\d([- ]?)\d{4}\1\d{5}\1\d{2}\1\d/y,
    checks: [checkDigit([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2], '10987654321')],
    validate: th,
    words: 'บัตรประชาชน|ประจําตัวประชาชน|thai',
    alone: hyphened,
  },
  {
    kind: 'SI_EMSO',
    country: 'SI',
    groups: [13],
    pattern: /\d{13}/y,
    checks: [checkDigit([7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], '00987654321')],
    validate: si,
    words: 'em[sš]o|jmbg',
  },
  {
    kind: 'LT_ASMENS_KODAS',
    country: 'LT',
    groups: [11],
    pattern: /[1-9]\d{10}/y,
    checks: [checkDigit([1, 2, 3, 4, 5, 6, 7, 8, 9, 1], '0123456789*')],
    validate: lt,
    words: 'asmens',
  },
  {
    kind: 'EE_ISIKUKOOD',
    country: 'EE',
    groups: [11],
    pattern: /[1-9]\d{10}/y,
    checks: [checkDigit([1, 2, 3, 4, 5, 6, 7, 8, 9, 1], '0123456789*')],
    validate: ee,
    words: 'isikukood',
  },
  {
    kind: 'CL_RUN',
    country: 'CL',
    groups: [1, 2],
    pattern: /\d{1,2}\.\d{3}\.\d{3}-[\dkK]/y,
    validate: (written) => cl(written.replaceAll('.', '')),
    words: 'rut|run',
    alone: anyForm,
  },
];
