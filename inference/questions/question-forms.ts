import type { CatalogModel } from '#catalog/catalog.ts';
import type { Modality } from '#core/graph-enums.generated.ts';
import { imageTokensMax } from '#core/image-tokens.ts';
import type { ModeratedContent, ModerationScores } from '#core/moderation-categories.ts';
import type { GenAiOperation } from '#core/observers/inference-observer.ts';
import type { ModelQuestion, ModerationQuestion } from '#guardrails/guardrail.ts';
import { type Provider, type ProviderAnswer, ProviderFailure } from '#providers/provider.ts';
import { outputTokensMax } from '../metering/usage-cost.ts';

/** How a question is put to an AI model. */
export interface QuestionForm<T> {
  readonly operation: GenAiOperation;
  /** What the AI model has to have. */
  readonly capability: 'CHAT' | 'MODERATION';
  /** What the AI model has to take, where it states what it takes; text is no need of a chat. */
  readonly inputs: readonly Modality[];
  /** Null: it is no text. */
  readonly inputBytes: number | null;
  readonly inputTokensMax: number;
  readonly maxOutputTokens: number;
  /** One provider call. Rejects as those of the provider do. */
  readonly send: (provider: Provider, model: CatalogModel, signal: AbortSignal) => Promise<QuestionAnswer<T>>;
}

export interface QuestionAnswer<T> {
  readonly value: T;
  /** As the attempt has it. */
  readonly answer: ProviderAnswer;
}

/** What vendors put around each of the two messages counts as three bytes. */
const messageBytes = 3;
const bytesPerToken = 3;

/** A chat of one message of the user, with a system message before it or none. */
export function toChatForm({ system, user, maxOutputTokens }: ModelQuestion): QuestionForm<string> {
  const inputBytes = Buffer.byteLength(system) + Buffer.byteLength(user) + 2 * messageBytes;
  return {
    operation: 'chat',
    capability: 'CHAT',
    inputs: [],
    inputBytes,
    inputTokensMax: Math.ceil(inputBytes / bytesPerToken),
    maxOutputTokens,
    async send(provider, model, signal) {
      const answer = await provider.generate({
        model: model.name,
        messages: [
          ...(system === '' ? [] : [{ role: 'system', content: system } as const]),
          { role: 'user', parts: [{ type: 'text', text: user }] },
        ],
        maxOutputTokens: outputTokensMax(model, maxOutputTokens),
        signal,
      });
      return { value: answer.text, answer };
    },
  };
}

/** Of each text that is billed on its own: Azure rounds up to 1,000 characters, which count as 250 tokens. */
const roundedUpTokens = 250;
/** Texts that a provider bills on their own in one request. */
const billedTextsMax = 6;

type InputSize = Pick<QuestionForm<unknown>, 'inputs' | 'inputBytes' | 'inputTokensMax'>;

function measureContent(content: ModeratedContent): InputSize {
  if ('image' in content) return { inputs: ['IMAGE'], inputBytes: null, inputTokensMax: imageTokensMax };
  const texts = 'texts' in content ? content.texts : content.conversation;
  const separators = 2 * texts.length;
  const inputBytes = texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), separators);
  const billed = roundedUpTokens * Math.min(texts.length, billedTextsMax);
  return { inputs: ['TEXT'], inputBytes, inputTokensMax: Math.ceil(inputBytes / bytesPerToken) + billed };
}

/** Texts, an image or a conversation, for the endpoint for moderation. */
export function toModerationForm(question: ModerationQuestion): QuestionForm<ModerationScores> {
  const { model: _, timeoutMs: __, ...content } = question;
  return {
    operation: 'moderation',
    capability: 'MODERATION',
    ...measureContent(content),
    maxOutputTokens: 0,
    async send(provider, model, signal) {
      if (provider.moderate === undefined) {
        throw new ProviderFailure('BAD_USER_INPUT', `The provider of ${model.id} has no moderation.`, {
          retryable: false,
        });
      }
      const { scores, usage } = await provider.moderate({ model: model.name, signal, ...content });
      const answer = { text: '', reasoning: null, toolCalls: [], finishReason: 'STOP' as const, usage };
      return { value: scores, answer };
    },
  };
}
