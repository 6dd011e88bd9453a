import { HeddleError } from './errors.ts';

/** BAD_USER_INPUT that names the field: "input.name must be …". `return badInput(…)` where a type needs it. */
export function badInput(field: string, problem: string): never {
  throw new HeddleError('BAD_USER_INPUT', `${field} ${problem}`, { extensions: { field } });
}

/** BAD_USER_INPUT that names the field, with a sentence of its own: "messages[0]: a message has …". */
export function refuseField(field: string, problem: string): never {
  throw new HeddleError('BAD_USER_INPUT', `${field}: ${problem}`, { extensions: { field } });
}

/** NOT_FOUND in the same words for what does not exist and for what the caller may not see. */
export function notFound(type: string, id: string): never {
  throw new HeddleError('NOT_FOUND', `There is no ${type} ${JSON.stringify(id.slice(0, 200))}.`);
}

/** The text without the space around it; refused when nothing is left or it is longer than `max` characters. */
export function checkedText(value: string, field: string, max = 200): string {
  const text = value.trim();
  if (text === '') badInput(field, 'must not be empty.');
  if (text.length > max) badInput(field, `must not be longer than ${max} characters; it has ${text.length}.`);
  return text;
}

/** An id that an admin chooses. */
export const idPattern = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** An id that an admin chooses: lower-case letters, digits, dots, dashes and underscores, at most 64. */
export function checkedId(value: string, field: string): string {
  if (!idPattern.test(value)) {
    badInput(
      field,
      'must be 1 to 64 lower-case letters, digits, dots, dashes or underscores, beginning and ending with a letter or digit.',
    );
  }
  return value;
}

/** The list without repetitions; refused when it has more than `max` items. */
export function checkedList<T>(values: readonly T[], field: string, max = 100): T[] {
  if (values.length > max) badInput(field, `must not have more than ${max} items; it has ${values.length}.`);
  return [...new Set(values)];
}

/** The server's code of a unique index that already has the value. */
export const duplicateKeyCode = 11000;

/** True for the error of a unique index that already has the value: what becomes CONFLICT. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === duplicateKeyCode;
}

/** Awaits a write and turns the refusal of a unique index into CONFLICT with this message. */
export async function orConflict<T>(write: PromiseLike<T>, message: string): Promise<T> {
  try {
    return await write;
  } catch (cause) {
    if (isDuplicateKey(cause)) throw new HeddleError('CONFLICT', message, { cause });
    throw cause;
  }
}
