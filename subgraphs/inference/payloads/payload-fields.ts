import { toStoredId } from '#core/node-id.ts';
import type { AttemptPayload, CallPayload } from '#inference/payloads/call-payload.ts';
import type { EntityReference } from '../../runtime/entity.ts';
import type { InferenceContext } from '../loaders.ts';

/** What an attempt has sent and received, as it is returned. */
export interface ShownAttempt {
  readonly request: unknown;
  readonly response: unknown;
}

async function load({ id }: EntityReference, { loaders }: InferenceContext): Promise<CallPayload | null> {
  return (await loaders.payloadContent.load(toStoredId('Invocation', id)))?.content ?? null;
}

function loadState({ id }: EntityReference, { loaders }: InferenceContext) {
  return loaders.payload.load(toStoredId('Invocation', id));
}

/** The fields of a row in the ledger that are its payload. */
export const payloadFields = {
  __resolveReference: ({ id }: EntityReference) => ({ id }),
  request: async (row: EntityReference, _args: unknown, context: InferenceContext) =>
    (await load(row, context))?.request ?? null,
  response: async (row: EntityReference, _args: unknown, context: InferenceContext) =>
    (await load(row, context))?.response ?? null,
  attemptPayloads: async (row: EntityReference, _args: unknown, context: InferenceContext) => {
    const content = await load(row, context);
    return content === null ? [] : content.attempts.map((attempt) => showAttempt(attempt, content));
  },
  ratingComment: async ({ id }: EntityReference, _args: unknown, { loaders }: InferenceContext) =>
    (await loaders.payloadContent.load(toStoredId('Invocation', id)))?.comment ?? null,
  payloadState: async (row: EntityReference, _args: unknown, context: InferenceContext) =>
    (await loadState(row, context)).state,
  payloadCut: async (row: EntityReference, _args: unknown, context: InferenceContext) =>
    (await loadState(row, context)).content?.isCut ?? false,
};

function showAttempt(
  { model, maxOutputTokens, note, response }: AttemptPayload,
  { request, response: answer }: CallPayload,
): ShownAttempt {
  const { messages, ...sent } = request as { readonly messages?: readonly unknown[] };
  const noted = note === undefined ? [] : [{ role: 'user', parts: [{ type: 'text', text: note }] }];
  return {
    request: {
      model,
      ...sent,
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      ...(messages === undefined ? {} : { messages: [...messages, ...noted] }),
    },
    response: response === undefined ? answer : response,
  };
}
