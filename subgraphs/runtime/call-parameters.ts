import { badInput } from '#core/input.ts';

/** What steers an answer, as a caller or a version of a prompt sets it. */
export interface CallParameters {
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxOutputTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly reasoningEffort?: string;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly topLogprobs?: number;
  readonly parallelToolCalls?: boolean;
  readonly alternatives?: number;
}

type Check = (value: unknown) => boolean;

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const topLogprobsMax = 20;
const alternativesMax = 8;
const tokensMax = 10_000_000;
const stopsMax = 16;
const stopCharactersMax = 1000;
const seedMax = 2 ** 31 - 1;

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isInt = (min: number, max: number) => (value: unknown) =>
  isNumber(value) && Number.isInteger(value) && value >= min && value <= max;

const isPenalty: Check = (value) => isNumber(value) && value >= -2 && value <= 2;

/** Each parameter with what it must be. */
const checks: Readonly<Record<keyof CallParameters, readonly [Check, string]>> = {
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
  presencePenalty: [isPenalty, 'a number from -2 to 2'],
  frequencyPenalty: [isPenalty, 'a number from -2 to 2'],
  topLogprobs: [isInt(0, topLogprobsMax), `a whole number from 0 to ${topLogprobsMax}`],
  parallelToolCalls: [(value) => typeof value === 'boolean', 'true or false'],
  alternatives: [isInt(1, alternativesMax), `a whole number from 1 to ${alternativesMax}`],
};

export const callParameterNames = Object.keys(checks) as readonly (keyof CallParameters)[];

/**
 * The parameters among the fields; those that are null are left out. BAD_USER_INPUT names what is wrong, after the
 * `prefix`.
 */
export function checkedCallParameters(
  given: { readonly [K in keyof CallParameters]?: unknown },
  prefix = '',
): CallParameters {
  const parameters: Partial<Record<keyof CallParameters, unknown>> = {};
  for (const name of callParameterNames) {
    const value = given[name];
    if (value === null || value === undefined) continue;
    const [check, expected] = checks[name];
    if (!check(value)) badInput(`${prefix}${name}`, `must be ${expected}.`);
    parameters[name] = value;
  }
  return parameters as CallParameters;
}
