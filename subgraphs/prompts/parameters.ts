import type { PromptParameters } from '#mongo/prompt-versions.ts';
import { badInput } from '../shared/input.ts';

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];
const tokensMax = 10_000_000;
const stopsMax = 16;
const stopCharactersMax = 1000;
const seedMax = 2 ** 31 - 1;

type Check = (value: unknown) => boolean;

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isInt = (min: number, max: number) => (value: unknown) =>
  isNumber(value) && Number.isInteger(value) && value >= min && value <= max;

/** Each parameter with what it must be; the same as CompletionInput takes. */
const checks: Readonly<Record<keyof PromptParameters, readonly [Check, string]>> = {
  temperature: [(value) => isNumber(value) && value >= 0 && value <= 2, 'a number from 0 to 2'],
  topP: [(value) => isNumber(value) && value > 0 && value <= 1, 'a number above 0 and at most 1'],
  maxOutputTokens: [isInt(1, tokensMax), `a whole number from 1 to ${tokensMax}`],
  stop: [
    (value) =>
      Array.isArray(value) &&
      value.length <= stopsMax &&
      value.every((stop) => typeof stop === 'string' && stop !== '' && stop.length <= stopCharactersMax),
    `at most ${stopsMax} texts, none of them empty or above ${stopCharactersMax} characters`,
  ],
  seed: [isInt(-seedMax - 1, seedMax), 'a whole number of 32 bits'],
  reasoningEffort: [
    (value) => typeof value === 'string' && efforts.includes(value),
    `one of ${efforts.join(', ')}`,
  ],
};

/** The parameters of a version; those that are null are left out. BAD_USER_INPUT names what is unknown or wrong. */
export function checkedParameters(value: unknown, field: string): PromptParameters | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return badInput(field, 'must be an object.');
  const given = Object.entries(value).filter(([, parameter]) => parameter !== null);
  for (const [name, parameter] of given) {
    if (!isParameter(name)) {
      return badInput(
        field,
        `must not hold ${JSON.stringify(name.slice(0, 100))}: it takes ${Object.keys(checks).join(', ')}.`,
      );
    }
    const [check, expected] = checks[name];
    if (!check(parameter)) badInput(`${field}.${name}`, `must be ${expected}.`);
  }
  return Object.fromEntries(given);
}

function isParameter(name: string): name is keyof PromptParameters {
  return Object.hasOwn(checks, name);
}
