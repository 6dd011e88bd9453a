import { readUsage } from '../../translate/usage-report.ts';
import { type Fields, fields } from '../shared/fields.ts';
import { toInputUsage } from '../shared/json-answer.ts';
import { postJson } from '../shared/wire-request.ts';
import type { ModerationWire } from './moderate.ts';
import { type CategoryNames, readResults } from './scores.ts';
import { groupTexts } from './text-groups.ts';

/** Inputs of one request. */
const inputsMax = 32;

/** The categories of OpenAI's AI models for moderation (https://platform.openai.com/docs/guides/moderation). */
export const openaiCategories: CategoryNames = {
  hate: 'HATE',
  'hate/threatening': 'HATE',
  harassment: 'HARASSMENT',
  'harassment/threatening': 'HARASSMENT',
  violence: 'VIOLENCE',
  'violence/graphic': 'VIOLENCE',
  'self-harm': 'SELF_HARM',
  'self-harm/intent': 'SELF_HARM',
  'self-harm/instructions': 'SELF_HARM',
  sexual: 'SEXUAL',
  'sexual/minors': 'SEXUAL_MINORS',
  illicit: 'ILLICIT',
  'illicit/violent': 'ILLICIT',
};

export interface OpenaiModerationOptions {
  /** Of `POST /moderations`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly categories: CategoryNames;
}

/** Moderation in OpenAI's form: a list of texts, and a result for each. */
export function createOpenaiModeration({
  url,
  headers,
  categories,
}: OpenaiModerationOptions): ModerationWire {
  return (model, texts) => {
    const input = groupTexts(
      texts.map(({ text }) => text),
      inputsMax,
    );
    return {
      request: postJson(url, headers, { model, input }),
      read: (answer) => readResults(answer, input.length, categories),
      toUsage: (answer) => toInputUsage(readInputTokens(answer), input),
    };
  };
}

function readInputTokens(answer: Fields): number | undefined {
  const usage = fields(answer.usage);
  const counts = usage === null ? null : readUsage(usage);
  return counts?.inputTokens ?? counts?.totalTokens;
}
