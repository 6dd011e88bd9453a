import type { Exchange } from '../../http/exchange.ts';
import { endJson } from '../../http/send.ts';
import { WrongField } from '../body-fields.ts';
import { type CallableName, findCallableName, listCallableNames } from '../callable-names.ts';

const limitMax = 1_000;
const limitDefault = 20;

/** The creation time of most models is unknown: the time that Anthropic returns in that case. */
const createdAt = '1970-01-01T00:00:00Z';

function toAnthropicModel({ id, name }: CallableName): object {
  return { type: 'model', id, display_name: name, created_at: createdAt };
}

function readLimit(given: string | null): number {
  if (given === null) return limitDefault;
  const limit = Number(given);
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    throw new WrongField('limit', `must be a whole number from 1 to ${limitMax}.`);
  }
  return limit;
}

/** The place of an id that a page begins or ends at. */
function findPlace(names: readonly CallableName[], id: string, param: string): number {
  const at = names.findIndex((one) => one.id === id);
  if (at === -1) throw new WrongField(param, 'is the id of no model in the list.');
  return at;
}

function cutPage(names: readonly CallableName[], query: URLSearchParams) {
  const limit = readLimit(query.get('limit'));
  const before = query.get('before_id');
  const after = query.get('after_id');
  if (before !== null) {
    const end = findPlace(names, before, 'before_id');
    const start = Math.max(0, end - limit);
    return { page: names.slice(start, end), hasMore: start > 0 };
  }
  const start = after === null ? 0 : findPlace(names, after, 'after_id') + 1;
  return { page: names.slice(start, start + limit), hasMore: start + limit < names.length };
}

/** GET /v1/models with `anthropic-version`. */
export async function answerAnthropicModels(exchange: Exchange): Promise<void> {
  const names = await listCallableNames(exchange);
  const { page, hasMore } = cutPage(names, new URLSearchParams(exchange.search));
  return endJson(exchange, {
    data: page.map(toAnthropicModel),
    has_more: hasMore,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  });
}

/** GET /v1/models/{id} with `anthropic-version`. */
export async function answerAnthropicModel(exchange: Exchange): Promise<void> {
  return endJson(exchange, toAnthropicModel(await findCallableName(exchange, exchange.params.id ?? '')));
}
