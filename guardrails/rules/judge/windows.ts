import type { GuardedText } from '../../guardrail.ts';

export interface WindowBounds {
  /** UTF-16 units of one window; each text takes 100 more. */
  readonly charactersMax: number;
  /** What a window repeats of the one before. */
  readonly overlap: number;
  readonly windowsMax: number;
}

/** What a text takes of a window beside its characters. */
const textCost = 100;

/** A part of the texts that one question has. */
export type QuestionWindow = readonly Pick<GuardedText, 'text' | 'kind' | 'role' | 'stages'>[];

/**
 * The texts in windows that a question can have, in their order; each text has a part of a window or several windows. Texts without content are
 * left out. Throws where there are more windows than allowed: nothing is left unseen.
 */
export function readWindows(
  texts: readonly GuardedText[],
  { charactersMax, overlap, windowsMax }: WindowBounds,
): readonly QuestionWindow[] {
  const windows: QuestionWindow[number][][] = [];
  let free = 0;
  for (const { text, kind, role, stages } of texts) {
    if (text.trim() === '') continue;
    for (let at = 0; at < text.length; ) {
      if (free < Math.min(text.length - at, charactersMax)) {
        if (windows.length >= windowsMax)
          throw new Error('The texts are too long for questions to an AI model.');
        windows.push([]);
        free = charactersMax;
      }
      const end = avoidSplit(text, at + free);
      windows.at(-1)?.push({ text: text.slice(at, end), kind, role, stages });
      free -= end - at + textCost;
      at = end >= text.length ? text.length : avoidSplit(text, end - overlap);
    }
  }
  return windows;
}

/** The place, or the one before, where it would stand within a surrogate pair. */
function avoidSplit(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
