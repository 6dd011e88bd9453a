import { badInput, checkedText } from '#core/input.ts';

/** One address and nothing else: no name beside it, no list, and no character that a header would read as more. */
const form = /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\]+$/;

/** An email address of an input. BAD_USER_INPUT for what is none. */
export function checkedEmail(email: string, field: string): string {
  const text = checkedText(email, field, 254);
  return form.test(text) ? text : badInput(field, 'is no email address.');
}
