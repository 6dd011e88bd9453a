import type { Exchange } from '../../http/exchange.ts';
import { endJson } from '../../http/send.ts';
import { findCallableName, listCallableNames } from '../callable-names.ts';
import { toCodexModel } from './codex-models.ts';

/** When a model was made is not known of most: a time that no client takes for one. */
const created = 0;

function toOpenAiModel(id: string): object {
  const [provider = ''] = id.split('/', 1);
  return { id, object: 'model', created, owned_by: id.includes('/') ? provider : 'heddle' };
}

/** GET /v1/models. Codex sends its version, and receives a list of its own. */
export async function answerModels(exchange: Exchange): Promise<void> {
  const names = await listCallableNames(exchange);
  const isCodex = new URLSearchParams(exchange.search).has('client_version');
  return endJson(
    exchange,
    isCodex
      ? { models: names.map(toCodexModel) }
      : { object: 'list', data: names.map(({ id }) => toOpenAiModel(id)) },
  );
}

/** GET /v1/models/{id}. */
export async function answerModel(exchange: Exchange): Promise<void> {
  const { id } = await findCallableName(exchange, exchange.params.id ?? '');
  return endJson(exchange, toOpenAiModel(id));
}
