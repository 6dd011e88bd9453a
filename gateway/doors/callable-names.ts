import { HeddleError } from '#core/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { runDeclared } from '../operations/run-declared.ts';
import { openAiModel, openAiModels, openAiRoutes } from './operations.generated.ts';

/** A name that the caller may send as `model`: the ID of an AI model, or the alias of a route. */
export interface CallableName {
  readonly id: string;
  /** For people. */
  readonly name: string;
}

/** Pages of models that are listed, of 200 each. */
const pagesMax = 25;

/** Routes by their aliases, then AI models by their IDs. */
export async function listCallableNames(exchange: Exchange): Promise<readonly CallableName[]> {
  const { routes } = await runDeclared(exchange, openAiRoutes, {});
  const names: CallableName[] = routes.map(({ alias }) => ({ id: alias, name: alias }));
  let after: string | null = null;
  for (let page = 0; page < pagesMax; page++) {
    const listed: Awaited<ReturnType<typeof readPage>> = await readPage(exchange, after);
    names.push(...listed.edges.map(({ node: { id, name } }) => ({ id, name })));
    if (!listed.pageInfo.hasNextPage) break;
    after = listed.pageInfo.endCursor;
  }
  return names;
}

async function readPage(exchange: Exchange, after: string | null) {
  const { models } = await runDeclared(exchange, openAiModels, { after });
  return models;
}

/** Throws NOT_FOUND for a name that the caller may not send. */
export async function findCallableName(exchange: Exchange, id: string): Promise<CallableName> {
  const { model, route } = await runDeclared(exchange, openAiModel, { id });
  if (model != null) return { id: model.id, name: model.name };
  if (route != null) return { id: route.alias, name: route.alias };
  throw new HeddleError(
    'NOT_FOUND',
    `There is no model ${JSON.stringify(id.slice(0, 200))} that you may call.`,
  );
}
