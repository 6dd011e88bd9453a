import { imageTokensUsual } from '#core/image-tokens.ts';
import type { ModeratedImage } from '#core/moderation-categories.ts';
import { noUsage } from '../../provider.ts';
import { rejectInput } from '../../translate/call-parts.ts';
import { fileUrl } from '../../translate/file-type.ts';
import { normalizeMediaType } from '../../translate/media-type.ts';
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
  /** Absent: it classifies no images. */
  readonly takesImages?: true;
  /** Of `POST /chat/moderations`, which classifies the last message of a conversation. Absent: there is none. */
  readonly conversationUrl?: string;
}

/** Moderation in OpenAI's form: a list of texts, and a result for each; one image, and its result; or Mistral's conversation, and that of its last message. */
export function createOpenaiModeration({
  url,
  headers,
  categories,
  takesImages,
  conversationUrl,
}: OpenaiModerationOptions): ModerationWire {
  return (model, content) => {
    if ('image' in content) {
      if (takesImages !== true) throw rejectInput('This provider classifies no images.');
      return {
        request: postJson(url, headers, { model, input: [writeImage(content.image)] }),
        read: (answer) => readResults(answer, 1, categories),
        toUsage: (answer) => {
          const inputTokens = readInputTokens(answer);
          return inputTokens === undefined
            ? { ...noUsage, inputTokens: imageTokensUsual, estimated: true }
            : { ...noUsage, inputTokens };
        },
      };
    }
    if ('conversation' in content) {
      if (conversationUrl === undefined) throw rejectInput('This provider classifies no conversations.');
      const texts = content.conversation.map(({ text }) => text);
      const input = content.conversation.map(({ role, text }) => ({ role, content: text }));
      return {
        request: postJson(conversationUrl, headers, { model, input }),
        read: (answer) => readResults(answer, 1, categories),
        toUsage: (answer) => toInputUsage(readInputTokens(answer), texts),
      };
    }
    const input = groupTexts(
      content.texts.map(({ text }) => text),
      inputsMax,
    );
    return {
      request: postJson(url, headers, { model, input }),
      read: (answer) => readResults(answer, input.length, categories),
      toUsage: (answer) => toInputUsage(readInputTokens(answer), input),
    };
  };
}

/** One of a request, which has no more than one image. */
function writeImage({ mediaType, data }: ModeratedImage): object {
  const others = { url: null, detail: null, audioFormat: null, filename: null };
  const url = fileUrl({ mediaType: normalizeMediaType(mediaType), data, ...others });
  return { type: 'image_url', image_url: { url } };
}

function readInputTokens(answer: Fields): number | undefined {
  const usage = fields(answer.usage);
  const counts = usage === null ? null : readUsage(usage);
  return counts?.inputTokens ?? counts?.totalTokens;
}
