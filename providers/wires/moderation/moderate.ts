import type { ModeratedContent, ModerationScores } from '#core/moderation-categories.ts';
import { toFailure } from '../../failure/failure.ts';
import type { Provider, ProviderUsage } from '../../provider.ts';
import { malformed } from '../../translate/completeness.ts';
import type { Fields } from '../shared/fields.ts';
import { parseAnswer } from '../shared/json-answer.ts';
import { sendRequest } from '../shared/send-request.ts';
import type { WireRequest } from '../shared/wire-request.ts';

/** One request for a classification, and how its answer is read. */
export interface ModerationExchange {
  readonly request: WireRequest;
  /** Throws PROVIDER_ERROR for an answer that does not score all that was sent. */
  readonly read: (answer: Fields) => ModerationScores;
  /** What the vendor bills. */
  readonly toUsage: (answer: Fields) => ProviderUsage;
}

/** Writes the request of a vendor. Throws BAD_USER_INPUT for an AI model that its API does not have, and for what that does not classify. */
export type ModerationWire = (model: string, content: ModeratedContent) => ModerationExchange;

export interface ModerateOptions {
  readonly moderation: ModerationWire;
  /** Kept out of every message. */
  readonly secret: string | null;
  readonly fetch: typeof globalThis.fetch;
}

/** Moderation of any vendor. */
export function createModerate({
  moderation,
  secret,
  fetch,
}: ModerateOptions): Required<Provider>['moderate'] {
  return async ({ model, signal, ...content }) => {
    try {
      signal?.throwIfAborted();
      const { request, read, toUsage } = moderation(model, content);
      const response = await sendRequest(request, fetch, secret, signal);
      const answer = parseAnswer(await response.text(), secret);
      const scores = read(answer);
      if (Object.keys(scores).length === 0) throw malformed();
      return { scores, usage: toUsage(answer) };
    } catch (error) {
      throw toFailure(error, signal, secret);
    }
  };
}
