import { badInput } from '../input.ts';

/** True for text of 1 to `max` characters that shows in a list: nothing invisible, no line break, no space at its ends. */
export function isLabel(text: string, max: number): boolean {
  // A character takes at most two units: a text of megabytes is not looked at.
  if (text === '' || text.length > 2 * max || Array.from(text).length > max) return false;
  return text.trim() === text && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);
}

const endUserIdMax = 256;
const conversationIdMax = 128;

/** The text, if it is as `isLabel` has it, of at most `max` characters. Throws BAD_USER_INPUT that names the field. */
export function checkedPrintable(text: string, field: string, max: number): string {
  if (!isLabel(text, max))
    badInput(field, `must be 1 to ${max} printable characters without space at the ends.`);
  return text;
}

/** The id of an end user, as the client names it. */
export function checkedEndUserId(id: string, field: string): string {
  return checkedPrintable(id, field, endUserIdMax);
}

/** The id of a conversation, as the client names it. */
export function checkedConversationId(id: string, field: string): string {
  return checkedPrintable(id, field, conversationIdMax);
}

export function isConversationId(value: unknown): value is string {
  return typeof value === 'string' && isLabel(value, conversationIdMax);
}
