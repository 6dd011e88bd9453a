/** They refuse a call of a tool in the history without the thinking that led to it, which is not kept. */
const demandsThinking = /\bkimi-(?:k2[.-]?(?:\d|thinking)|for-coding)|\bdeepseek-(?:reasoner|v[4-9])/i;

/** What stands in the place of that thinking: a space, the least that they take. Null where none is demanded. */
export function thinkingPlace(model: string): string | null {
  return demandsThinking.test(model) ? ' ' : null;
}
