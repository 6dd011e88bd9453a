import { describe, expect, it } from 'vitest';
import { drawFrom } from '#guardrails/measure/random.ts';
import { type IdForm, idForms } from './id-forms.ts';

const { fill, pick } = drawFrom(41);

/** Digits of a length, which begin with a date as the numbers of some country do, or with any digits. */
function drawDigits(length: number): string {
  const [month, day] = [pick(['01', '07', '10', '12']), pick(['01', '09', '17', '28'])];
  const first = pick([
    pick(['', '756']),
    fill(`99${month}${day}`),
    fill(`${day}${month}99`),
    fill(`${day}${month}999`),
    fill(`9${pick(['5', '6', '8'])}${month}${day}`),
    fill(`${pick(['1', '3', '5'])}9${pick(['5', '6', '8'])}${month}${day}`),
    fill(`110101${pick(['19', '20'])}${pick(['0', '1'])}9${month}${day}`),
  ]);
  return (first + fill('9'.repeat(length))).slice(0, length);
}

/** The forms of those numbers whose pattern has more than what the documentation states: dates and numbers that are none. */
const looseForms: Readonly<Record<string, RegExp>> = {
  US_SSN: /^\d{9}$/,
  SE_PERSONNUMMER: /^\d{10}(?:\d{2})?$/,
  DK_CPR: /^\d{10}$/,
  KR_RRN: /^\d{6}[1-8]\d{6}$/,
  ZA_ID: /^\d{13}$/,
  CN_RESIDENT_ID: /^[1-9]\d{5}[12]\d{11}$/,
};

/** The most digits that a number has in one group. */
function countDigits({ groups }: IdForm): number {
  return groups === 'letters' ? 0 : Math.max(...groups);
}

const quickForms = idForms.filter((form) => form.checks !== undefined || form.kind in looseForms);

describe('ids in one group of digits', () => {
  it.for(quickForms.map((form) => [form.kind, form] as const))(
    'of %s are all seen that are valid',
    ([kind, form]) => {
      const { pattern, checks = [], validate } = form;
      const whole = new RegExp(`^(?:${pattern.source})$`);
      const loose = looseForms[kind] ?? whole;
      let valid = 0;
      for (let draws = 0; valid < 40 && draws < 60_000; draws += 1) {
        const written = drawDigits(countDigits(form));
        if (!loose.test(written) || !validate(written).isValid) continue;
        valid += 1;
        const passes = whole.test(written) && checks.every((check) => check(written));
        expect([written, passes]).toEqual([written, true]);
      }
      expect(valid).toBe(40);
    },
  );

  it.for(idForms.filter(({ checks }) => checks !== undefined).map((form) => [form.kind, form] as const))(
    'of %s mostly need no other comparison where they are invalid',
    ([, form]) => {
      const passed = Array.from({ length: 2_000 }, () => drawDigits(countDigits(form))).filter((written) =>
        form.checks?.every((check) => check(written)),
      );
      expect(passed.length).toBeLessThan(400);
    },
  );

  it.for([
    ['CN_RESIDENT_ID', '11010519491231002X', '11010519491231002x'],
    ['TH_ID', '1-1014-00741-64-2', '1 1014 00741 64 2'],
    ['BE_NATIONAL_NUMBER', '85.07.30-033.28', '00.01.25-567.77'],
    ['AT_SVNR', '1237 010180', '1237010180'],
    ['BR_CPF', '390.533.447-05', '390533447-05'],
  ] as const)('of %s pass with the signs and letters that they have', ([kind, ...written]) => {
    const form = idForms.find((one) => one.kind === kind);
    for (const one of written) {
      expect([one, form?.checks?.every((check) => check(one)), form?.validate(one).isValid]).toEqual([
        one,
        true,
        true,
      ]);
    }
  });
});
