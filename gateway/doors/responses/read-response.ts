import type { Exchange } from '../../http/exchange.ts';
import { endJson } from '../../http/send.ts';
import { runDeclared } from '../../operations/run-declared.ts';
import { type BodyFields, WrongField } from '../body-fields.ts';
import { setCompletionHeaders } from '../completion-headers.ts';
import { responsesCancel, responsesDelete } from '../operations.generated.ts';
import { passBody } from '../pass-body.ts';
import { followResponse } from './follow-response.ts';
import { toListedItem } from './output/response-items.ts';
import { toStoredResponse } from './response-object.ts';
import { readCompletionId, requireStored, toResponseRefusal } from './stored-response.ts';

const itemsMax = 100;
const itemsDefault = 20;

function readId({ params }: Exchange): string {
  return params.id ?? '';
}

function readWhole(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new WrongField(name, 'must be a whole number.');
  return Number(text);
}

/** GET /v1/responses/{id}; with `stream=true` its events, after the number of `starting_after`. */
export async function retrieveResponse(exchange: Exchange): Promise<void> {
  const query = new URLSearchParams(exchange.search);
  const after = readWhole(query, 'starting_after');
  const { completion, request } = await requireStored(exchange, readId(exchange));
  setCompletionHeaders(exchange.response, { ...completion, completionId: completion.id, limits: [] });
  if (query.get('stream') === 'true') {
    return followResponse(exchange, completion, { request, ...(after === undefined ? {} : { after }) });
  }
  return endJson(exchange, toStoredResponse(exchange, completion, request));
}

/** POST /v1/responses/{id}/cancel. */
export async function cancelResponse(exchange: Exchange): Promise<void> {
  await passBody(exchange);
  const { completion, request } = await requireStored(exchange, readId(exchange));
  const { cancelCompletion } = await runDeclared(exchange, responsesCancel, { id: completion.id });
  return endJson(exchange, toStoredResponse(exchange, cancelCompletion, request));
}

/** DELETE /v1/responses/{id}. What was deleted before is deleted. */
export async function deleteResponse(exchange: Exchange): Promise<void> {
  const id = readCompletionId(readId(exchange)) ?? '';
  try {
    await runDeclared(exchange, responsesDelete, { id });
  } catch (error) {
    throw toResponseRefusal(error);
  }
  return endJson(exchange, { id: readId(exchange), object: 'response', deleted: true });
}

/** Throws WrongField: a list that began anew would have no end. */
function findPlace(listed: readonly BodyFields[], id: string): number {
  const at = listed.findIndex((item) => item.id === id);
  if (at === -1) throw new WrongField('after', 'is the id of no item in the list.');
  return at;
}

/** GET /v1/responses/{id}/input_items, the last first unless `order=asc`. */
export async function listInputItems(exchange: Exchange): Promise<void> {
  const query = new URLSearchParams(exchange.search);
  const limit = Math.min(Math.max(readWhole(query, 'limit') ?? itemsDefault, 1), itemsMax);
  const { completion, conversation } = await requireStored(exchange, readId(exchange));
  const listed = conversation.items.map((item, at) => toListedItem(item, `${completion.id}_${at}`));
  if (query.get('order') !== 'asc') listed.reverse();
  const after = query.get('after');
  const from = after === null ? 0 : findPlace(listed, after) + 1;
  const data = listed.slice(from, from + limit);
  return endJson(exchange, {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + limit < listed.length,
  });
}
