import type { GuardedText } from '../guardrail.ts';

/** A message of a user, or what `more` states. */
export function guardedText(text: string, more: Partial<GuardedText> = {}): GuardedText {
  return {
    text,
    kind: 'message',
    role: 'user',
    format: 'TEXT',
    stages: ['INPUT'],
    isEditable: true,
    ...more,
  };
}
