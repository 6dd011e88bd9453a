import { badInput } from '#core/input.ts';
import type { PromptParameters } from '#mongo/prompt-versions.ts';
import { callParameterNames, checkedCallParameters } from '../../runtime/call-parameters.ts';

/** The parameters of a version; those that are null are left out. BAD_USER_INPUT names what is unknown or wrong. */
export function checkedParameters(value: unknown, field: string): PromptParameters | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return badInput(field, 'must be an object.');
  const names: readonly string[] = callParameterNames;
  const unknown = Object.entries(value).find(([name, given]) => given !== null && !names.includes(name));
  if (unknown !== undefined) {
    const name = JSON.stringify(unknown[0].slice(0, 100));
    badInput(field, `must not hold ${name}: it takes ${names.join(', ')}.`);
  }
  return checkedCallParameters(value, `${field}.`);
}
