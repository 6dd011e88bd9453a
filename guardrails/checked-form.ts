import type { z } from 'zod';
import { badInput } from '#core/input.ts';

const problemCharsMax = 300;
const units: Readonly<Record<string, string>> = { string: ' characters', array: ' items' };
const types: Readonly<Record<string, string>> = {
  ...{ array: 'a list', object: 'an object', record: 'an object', string: 'a text' },
  ...{ number: 'a number', int: 'a whole number', boolean: 'true or false' },
};

/** The value, read by a form of options. BAD_USER_INPUT names the field of what is wrong, and what it has to be. */
export function checkedForm<Form extends z.ZodType>(
  form: Form,
  value: unknown,
  field: string,
): z.output<Form> {
  const result = form.safeParse(value, { error: describeIssue });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map((part) =>
    typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
  );
  const problem = (issue?.message ?? 'is not valid').slice(0, problemCharsMax);
  return badInput(`${field}${path.join('').slice(0, problemCharsMax)}`, problem.replace(/\.?$/, '.'));
}

/** What is wrong with a field, in words that follow its name, as the messages of rules do. */
function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return describeNeed(issue.input, types[issue.expected] ?? issue.expected);
    case 'invalid_value':
      return describeNeed(issue.input, `one of: ${issue.values.join(', ')}`);
    case 'too_small':
      return describeSize(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return describeSize(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'unrecognized_keys':
      return `must not have ${issue.keys.join(', ')}${listKnown(issue.inst)}`;
    default:
      return 'is not valid';
  }
}

function describeNeed(input: unknown, wanted: string): string {
  return `${input === undefined ? 'is required and ' : ''}must be ${wanted}`;
}

function describeSize(origin: string, bound: string, size: number | bigint): string {
  const unit = units[origin];
  return unit === undefined ? `must be ${bound} ${size}` : `must have ${bound} ${size}${unit}`;
}

/** The fields that a form has. */
function listKnown(form: unknown): string {
  const shape = (form as { readonly shape?: object } | undefined)?.shape ?? {};
  const names = Object.keys(shape);
  return names.length === 0 ? ': there are none' : `: there are ${names.join(', ')}`;
}
