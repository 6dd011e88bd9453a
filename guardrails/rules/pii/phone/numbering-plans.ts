import metadata from 'libphonenumber-js/min/metadata';

/**
 * The rules by which a country's telephone numbers are written, from the metadata of libphonenumber. They decide as its `isValid` and
 * `isPossible` do, with patterns that are compiled once: parsing a number there costs more than looking at the text around it.
 */
interface NumberingPlan {
  readonly callingCode: string;
  /** What begins a number that is dialed to another country: a pattern, or the digits themselves. */
  readonly abroad: RegExp | string;
  readonly pattern: RegExp;
  readonly lengths: readonly number[];
  /** What is dialed before numbers within the country; null: nothing. */
  readonly prefix: RegExp | null;
  /** `prefix` where it is one of some numbers and the rest behind it stays as it is; null: it is not. */
  readonly plainPrefixes: readonly string[] | null;
  /** What a number with a group of `prefix` becomes; null: the rest behind it. */
  readonly transform: string | null;
  /** First digits that distinguish it from other countries of its calling code. */
  readonly leading: RegExp | null;
  /** The numbers of all types; null where the pattern is all that is known. */
  readonly types: RegExp | null;
  /** Those with its calling code, itself among them. */
  ofCode: PlansOfCode;
}

/** The plans with one calling code. */
interface PlansOfCode {
  /** The main one first. */
  readonly plans: readonly NumberingPlan[];
  /** Those without first digits that distinguish them. */
  readonly undistinguished: readonly NumberingPlan[];
  /** The first digits that distinguish any of the others: they are of few numbers. */
  readonly leading: RegExp;
}

/** Positions in a plan of the metadata, version 4 (libphonenumber-js, METADATA.md). */
const at = {
  ...{ callingCode: 0, abroad: 1, pattern: 2, lengths: 3, prefix: 5, parsedPrefix: 7, transform: 8 },
  ...{ leading: 10, types: 11 },
} as const;
const digitsMin = 2;
const digitsMax = 17;
const callingCodeDigitsMax = 3;
/** Digits up to which the length of a number selects plans. */
const dialedMax = 20;

/** Whether any of the plans has the number of these digits, written as within its country. */
export type NationalNumberCheck = (digits: string) => boolean;

function whole(source: string): RegExp {
  return new RegExp(`^(?:${source})$`);
}

function isPlainNumber(source: string): boolean {
  return /^\d+$/.test(source);
}

/** Whether a prefix is one of some numbers, rather than a pattern. */
function isPlain(prefix: string): boolean {
  return /^\d+(?:\|\d+)*$/.test(prefix);
}

function toPlansOfCode(plans: readonly NumberingPlan[]): PlansOfCode {
  const sources = plans.flatMap(({ leading }) => (leading === null ? [] : leading.source));
  return {
    plans,
    undistinguished: plans.filter(({ leading }) => leading === null),
    leading: new RegExp(sources.join('|') || '(?!)'),
  };
}

const noPlans = toPlansOfCode([]);

function readPlan(written: readonly unknown[]): NumberingPlan {
  const text = (place: number): string | null => {
    const value = written[place];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const prefix = text(at.parsedPrefix) ?? text(at.prefix);
  const leading = text(at.leading);
  const types = written[at.types];
  const patterns = Array.isArray(types) ? types.flatMap((type) => (Array.isArray(type) ? type[0] : [])) : [];
  const lengths = written[at.lengths];
  const abroad = text(at.abroad) ?? '(?!)';
  return {
    callingCode: text(at.callingCode) ?? '',
    abroad: isPlainNumber(abroad) ? abroad : new RegExp(`^(?:${abroad})`),
    pattern: whole(text(at.pattern) ?? '(?!)'),
    lengths: Array.isArray(lengths) ? lengths : [],
    prefix: prefix === null ? null : new RegExp(`^(?:${prefix})`),
    plainPrefixes:
      prefix !== null && isPlain(prefix) && text(at.transform) === null ? prefix.split('|') : null,
    transform: text(at.transform),
    leading: leading === null ? null : new RegExp(`^(?:${leading})`),
    types: patterns.length === 0 ? null : whole(patterns.filter((one) => one !== '').join('|')),
    ofCode: noPlans,
  };
}

const byCountry = new Map(
  Object.entries(metadata.countries).map(([country, plan]) => [country, readPlan(plan)] as const),
);
/** By the number of a calling code: its main plan. */
const mainPlans: (NumberingPlan | undefined)[] = [];
const byCallingCode = [
  ...Object.values(metadata.country_calling_codes).map((countries) =>
    countries.flatMap((country) => byCountry.get(country) ?? []),
  ),
  ...Object.values(metadata.nonGeographic).map((plan) => [readPlan(plan)]),
];
for (const plans of byCallingCode) {
  const ofCode = toPlansOfCode(plans);
  for (const plan of plans) plan.ofCode = ofCode;
  mainPlans[Number(plans[0]?.callingCode)] = plans[0];
}

/** The last answer of `isOfPlan`: a number that distinguishes its plan from others of a calling code is compared with it once more. */
let [lastNational, lastPlan, lastIsOf]: [string, NumberingPlan | null, boolean] = ['', null, false];

function isOfPlan(national: string, plan: NumberingPlan): boolean {
  if (lastPlan === plan && lastNational === national) return lastIsOf;
  lastPlan = plan;
  lastNational = national;
  lastIsOf = plan.pattern.test(national) && plan.types?.test(national) !== false;
  return lastIsOf;
}

/** The plan, of those with its calling code, that has a number; null: none is distinguished. */
function findPlan({ ofCode }: NumberingPlan, national: string): NumberingPlan | null {
  const { plans, undistinguished, leading } = ofCode;
  if (plans.length === 1) return plans[0] ?? null;
  const isOwn = (plan: NumberingPlan) =>
    plan.leading === null ? plan.types !== null && isOfPlan(national, plan) : plan.leading.test(national);
  return (leading.test(national) ? plans : undistinguished).find(isOwn) ?? null;
}

/** The number without the digits of the prefix of its country. */
function cutPrefix(digits: string, { prefix, plainPrefixes, transform }: NumberingPlan): string {
  if (plainPrefixes !== null) {
    const found = plainPrefixes.find((one) => digits.startsWith(one));
    return found === undefined ? digits : digits.slice(found.length);
  }
  const match = prefix?.exec(digits);
  if (prefix === null || match == null) return digits;
  const hasGroup =
    match.length > 1 && match[match.length - 1] !== undefined && match[match.length - 1] !== '';
  return transform !== null && hasGroup ? digits.replace(prefix, transform) : digits.slice(match[0].length);
}

/** The number without what is dialed before it within the country. */
function withoutPrefix(digits: string, plan: NumberingPlan): string {
  const national = cutPrefix(digits, plan);
  // In some countries the prefix also begins numbers.
  if (national === digits || (plan.pattern.test(digits) && !plan.pattern.test(national))) return digits;
  const { lengths } = findPlan(plan, national) ?? plan;
  return isPossible(national, lengths) || national.length > (lengths.at(-1) ?? 0) ? national : digits;
}

function isPossible(national: string, lengths: readonly number[]): boolean {
  return lengths.includes(national.length);
}

function hasDigits(national: string): boolean {
  return national.length >= digitsMin && national.length <= digitsMax;
}

/** A number behind its calling code, with the plan that has it. */
function readBehindCode(digits: string, main: NumberingPlan): { national: string; plan: NumberingPlan } {
  const national = withoutPrefix(digits, main);
  return { national, plan: findPlan(main, national) ?? main };
}

function readInternational(digits: string): ReturnType<typeof readBehindCode> | null {
  // No calling code begins with 0.
  if (digits.startsWith('0')) return null;
  let code = 0;
  for (let length = 1; length <= callingCodeDigitsMax; length += 1) {
    code = 10 * code + (digits.charCodeAt(length - 1) - 0x30);
    const main = mainPlans[code];
    if (main === undefined) continue;
    const read = readBehindCode(digits.slice(length), main);
    return hasDigits(read.national) ? read : null;
  }
  return null;
}

/**
 * Whether a number with its calling code, in digits, is in the plan of its country; or has a length that the plan has, and enough
 * digits for a number with its area.
 */
export function isInternationalNumber(digits: string): boolean {
  const read = readInternational(digits);
  if (read === null) return false;
  const { national, plan } = read;
  if (isOfPlan(national, plan)) return true;
  return isPossible(national, plan.lengths) && plan.callingCode.length + national.length >= 10;
}

/** Whether this is a country with telephone numbers: all that have national ids here do. */
export function hasNumberingPlan(country: string): boolean {
  return byCountry.has(country);
}

/** @param countries those without a plan have no numbers */
export function createNationalNumberCheck(countries: readonly string[]): NationalNumberCheck {
  const plans = countries.flatMap((country) => byCountry.get(country) ?? []);
  const abroads = plans.map(({ abroad }) => (typeof abroad === 'string' ? `^${abroad}` : abroad.source));
  const abroad = new RegExp([...new Set(abroads)].join('|') || '(?!)');
  const byLength = Array.from({ length: dialedMax + 1 }, (_, length) =>
    plans.filter((plan) => canHaveLength(plan, length)),
  );
  // Numbers of one text are mostly of one country.
  let likely: NumberingPlan | undefined;
  return (digits) => {
    if (likely !== undefined && isNational(digits, likely)) return true;
    const possible = abroad.test(digits) ? plans : (byLength[digits.length] ?? plans);
    const found = possible.find((plan) => isNational(digits, plan));
    likely = found ?? likely;
    return found !== undefined;
  };
}

/** Whether a number of so many digits, dialed within the country, can be one of the plan. */
function canHaveLength({ prefix, callingCode, ofCode }: NumberingPlan, length: number): boolean {
  const source = prefix === null ? '' : prefix.source.slice('^(?:'.length, -1);
  // What a prefix with a pattern leaves is seen when it is taken away.
  if (!/^[\d|]*$/.test(source)) return true;
  const lengths = ofCode.plans.flatMap((plan) => plan.lengths);
  const prefixes = ['', ...source.split('|')];
  return prefixes.some((one) =>
    ['', callingCode].some((code) => lengths.includes(length - one.length - code.length)),
  );
}

/** The digits that begin a number to another country. */
function countAbroad(digits: string, { abroad }: NumberingPlan): number {
  if (typeof abroad === 'string') return digits.startsWith(abroad) ? abroad.length : 0;
  return abroad.exec(digits)?.[0].length ?? 0;
}

function isNational(digits: string, plan: NumberingPlan): boolean {
  const abroad = countAbroad(digits, plan);
  if (abroad > 0 && abroad < digits.length && digits[abroad] !== '0') {
    const read = readInternational(digits.slice(abroad));
    return read !== null && isOfPlan(read.national, read.plan);
  }
  const national = withoutPrefix(digits, plan);
  if (digits.startsWith(plan.callingCode)) {
    const shorter = digits.slice(plan.callingCode.length);
    const isBehindCode =
      (!plan.pattern.test(national) && plan.pattern.test(withoutPrefix(shorter, plan))) ||
      national.length > (plan.lengths.at(-1) ?? 0);
    if (isBehindCode) {
      const [main = plan] = plan.ofCode.plans;
      const read = readBehindCode(shorter, main);
      return hasDigits(read.national) && isOfPlan(read.national, read.plan);
    }
  }
  return hasDigits(national) && isOfPlan(national, findPlan(plan, national) ?? plan);
}
