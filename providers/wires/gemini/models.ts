import type { Effort } from '../../translate/call-parts.ts';
import { perModel } from '../shared/model-cache.ts';

/** What generateContent takes from one of its AI models. */
export interface GeminiModel {
  /** The third generation and later: calls of tools in a history need a signature, and tools go with a response schema. */
  readonly isThird: boolean;
  /** No Gemini of a name that is known: response schemas go with tools as they are. */
  readonly isGemini: boolean;
  /** It takes instructions as words of the user. */
  readonly isGemma: boolean;
  /** The levels of thinking that it takes; null: a budget of tokens. */
  readonly levels: readonly Effort[] | null;
  readonly budgetTokensMin: number;
  readonly budgetTokensMax: number;
}

const older =
  /(?:^|[/.])(?:gemini-[12](?:[.-]|$)|gemini-pro(?:-vision)?$|gemini-robotics-er-1\.5(?:[.-]|$))/i;

/** Can it think as little as `minimal`? Neither the larger models nor the newest small ones can. */
function takesMinimal(model: string): boolean {
  const name = /(?:^|[/.])(gemini-[^/]*)$/i.exec(model)?.[1]?.toLowerCase() ?? '';
  if (name === 'gemini-flash-latest' || /^gemini-(?:[3-9]|\d\d)(?:\.\d+)?-pro(?:$|-)/.test(name))
    return false;
  const [, major = 0, minor = 0] = /^gemini-(\d+)\.(\d+)-flash(?:$|-(?!lite(?:-|$)))/.exec(name) ?? [];
  return Number(major) < 3 || (Number(major) === 3 && Number(minor) < 7);
}

function readLevels(model: string): readonly Effort[] {
  if (/(?:^|[/.])gemini-4-hydrogen(?:-|$)/i.test(model)) return ['low', 'medium', 'high', 'xhigh'];
  return takesMinimal(model) ? ['minimal', 'low', 'medium', 'high'] : ['low', 'medium', 'high'];
}

function readModel(model: string): GeminiModel {
  const id = model.toLowerCase();
  const isThird = /(?:^|[/.])gemini-/.test(id) && !older.test(id);
  const isImage = model.includes('gemini-3-pro-image');
  const isLarge = id.includes('2.5-pro');
  return {
    isThird,
    isGemini: /(?:^|\/)gemini-/.test(id),
    isGemma: id.startsWith('gemma-'),
    levels: isThird && !isImage ? readLevels(model) : null,
    budgetTokensMin: isLarge ? 128 : 0,
    budgetTokensMax: isLarge || id.includes('gemini-3-pro-image') ? 32_768 : 24_576,
  };
}

/** What is known of an AI model by its name. */
export const geminiModel = perModel(readModel);
