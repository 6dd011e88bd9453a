import { HeddleError } from '#core/errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import { endJson } from '../../http/send.ts';
import { runDeclared } from '../../operations/run-declared.ts';
import {
  type ListedModelFragment,
  openAiModel,
  openAiModels,
  openAiRoutes,
} from '../operations.generated.ts';

/** Pages of models that are listed, of 200 each. */
const pagesMax = 25;

/** The names that the caller may send as `model`: AI models by their IDs, and routes by their aliases. */
interface CallableNames {
  readonly models: readonly ListedModelFragment[];
  readonly routes: readonly string[];
}

async function listCallableNames(exchange: Exchange): Promise<CallableNames> {
  const { routes } = await runDeclared(exchange, openAiRoutes, {});
  const models: ListedModelFragment[] = [];
  let after: string | null = null;
  for (let page = 0; page < pagesMax; page++) {
    const listed: Awaited<ReturnType<typeof readPage>> = await readPage(exchange, after);
    models.push(...listed.edges.map(({ node }) => node));
    if (!listed.pageInfo.hasNextPage) break;
    after = listed.pageInfo.endCursor;
  }
  return { models, routes: routes.map(({ alias }) => alias) };
}

async function readPage(exchange: Exchange, after: string | null) {
  const { models } = await runDeclared(exchange, openAiModels, { after });
  return models;
}

/** When a model was made is not known of most: a time that no client takes for one. */
const created = 0;

function toOpenAiModel(id: string): object {
  const [provider = ''] = id.split('/', 1);
  return { id, object: 'model', created, owned_by: id.includes('/') ? provider : 'heddle' };
}

/** Codex asks with its version, and has a list of its own. */
function toCodexModel({ id, name }: { readonly id: string; readonly name: string }): object {
  return { slug: id, display_name: name };
}

/** GET /v1/models. */
export async function answerModels(exchange: Exchange): Promise<void> {
  const { models, routes } = await listCallableNames(exchange);
  const named = [...routes.map((alias) => ({ id: alias, name: alias })), ...models];
  const isCodex = new URLSearchParams(exchange.search).has('client_version');
  return endJson(
    exchange,
    isCodex
      ? { models: named.map(toCodexModel) }
      : { object: 'list', data: named.map(({ id }) => toOpenAiModel(id)) },
  );
}

/** GET /v1/models/{id}. */
export async function answerModel(exchange: Exchange): Promise<void> {
  const id = exchange.params.id ?? '';
  const { model, route } = await runDeclared(exchange, openAiModel, { id });
  const found = model?.id ?? route?.alias;
  if (found === undefined) {
    throw new HeddleError(
      'NOT_FOUND',
      `There is no model ${JSON.stringify(id.slice(0, 200))} that you may call.`,
    );
  }
  return endJson(exchange, toOpenAiModel(found));
}
