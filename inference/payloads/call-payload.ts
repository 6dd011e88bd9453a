import type { Masks } from '#guardrails/pipeline/masks.ts';
import type { ProviderAnswer } from '#providers/provider.ts';
import { withoutCallSecrets } from '../call-secrets.ts';
import type { CompletionRequest } from '../request.ts';
import { toKeptJson } from './kept-json.ts';

/** Characters that are kept of a request, of a response, and of the responses of all other attempts together. */
const charactersMax = { request: 262_144, response: 131_072, attempts: 65_536 } as const;

/** One attempt of a call: what was sent beside the request, and what came of it. */
export interface AttemptPayload {
  /** The provider's own name of the AI model. */
  readonly model: string;
  /** Absent: the request had none, or the same. */
  readonly maxOutputTokens?: number;
  /** The message of a guardrail that was added to the request; absent: none. */
  readonly note?: string;
  /** What the client was given of its answer; null: nothing. Absent of the attempt that the response of the call is of. */
  readonly response?: unknown;
}

/** What is kept of a call, as it is read. */
export interface CallPayload {
  readonly request: unknown;
  /** Null: nothing came. */
  readonly response: unknown;
  readonly attempts: readonly AttemptPayload[];
  /** True: something was left out. */
  readonly isCut: boolean;
}

/** What there is of a call when it ends. */
export interface CallContent {
  /** As it went to AI models, after the guardrails. */
  readonly request: unknown;
  /** As it went to the client. */
  readonly response: unknown;
  /** In order; the last one has succeeded where `response` is of it. */
  readonly attempts: readonly AttemptPayload[];
  /** The values that the response has in the place of placeholders: they are not kept. */
  readonly masks: Pick<Masks, 'entries'>;
}

/** The JSON of the payload of a call (CallPayload), of bounded size and with nothing that its guardrails have masked. */
export function writePayload({ request, response, attempts, masks }: CallContent): string {
  // What the masks stand for is not in the request: it went to the AI model.
  const requested = toKeptJson(request, charactersMax.request, noMasks);
  const answered = toKeptJson(response, charactersMax.response, masks);
  const room = Math.floor(charactersMax.attempts / Math.max(1, attempts.length));
  let isCut = requested.isCut || answered.isCut;
  const tried = attempts.map(({ response: partial, ...sent }) => {
    if (partial === undefined) return JSON.stringify(sent);
    const kept = toKeptJson(partial, room, masks);
    isCut ||= kept.isCut;
    return `${JSON.stringify(sent).slice(0, -1)},"response":${kept.json}}`;
  });
  return `{"request":${requested.json},"response":${answered.json},"attempts":[${tried.join(',')}],"isCut":${isCut}}`;
}

/** Of a call of which nothing is masked. */
export const noMasks: Pick<Masks, 'entries'> = { entries: () => [] };

/** The request of a completion as it is kept: without the credentials of its tools, and of a prompt of the mesh without the messages. */
export function toKeptRequest(
  call: CompletionRequest['call'],
  { ofMesh }: Pick<CompletionRequest, 'ofMesh'>,
): object {
  if (ofMesh === undefined) return withoutCallSecrets(call);
  const { messages: _, ...kept } = withoutCallSecrets(call);
  return kept;
}

/** What came of an answer, as it is kept; null: nothing. */
export function toKeptAnswer(answer: Partial<ProviderAnswer>): object | null {
  const { text = '', reasoning = null, toolCalls = [], finishReason, extras } = answer;
  const kept = {
    ...(text === '' ? {} : { text }),
    ...(reasoning === null ? {} : { reasoning }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(extras === undefined ? {} : { extras }),
    ...(finishReason === undefined ? {} : { finishReason }),
  };
  return Object.keys(kept).length === 0 ? null : kept;
}
