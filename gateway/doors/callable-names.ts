import { hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { suggestName } from '#core/text/suggest-name.ts';
import type { Exchange } from '../http/exchange.ts';
import { runDeclared } from '../operations/run-declared.ts';
import { openAiModel, openAiModels, openAiRoutes } from './operations.generated.ts';

/** A name that the caller may send as `model`: the ID of an AI model, the alias of a route, or an alias of the tenant. */
export interface CallableName {
  readonly id: string;
  /** For people. */
  readonly name: string;
}

/** Pages of models that are listed, of 200 each. */
const pagesMax = 25;
/** Pages that a suggestion is looked for in: no suggestion compares more names. */
const suggestedPagesMax = 5;

/** Aliases of the tenant, then routes by their aliases, then AI models by their IDs; each name once, as what a call means by it; nothing for a caller who may call none. */
export async function listCallableNames(
  exchange: Exchange,
  pages = pagesMax,
): Promise<readonly CallableName[]> {
  if (!hasScope(exchange.caller, 'inference:invoke')) return [];
  const { routes, modelAliases } = await runDeclared(exchange, openAiRoutes, {});
  const names = new Map<string, CallableName>();
  const add = (id: string, name: string) => void (names.has(id) || names.set(id, { id, name }));
  for (const { name } of modelAliases) add(name, name);
  for (const { alias } of routes) add(alias, alias);
  let after: string | null = null;
  for (let page = 0; page < pages; page++) {
    const listed: Awaited<ReturnType<typeof readPage>> = await readPage(exchange, after);
    for (const { node } of listed.edges) add(node.callName, node.name);
    if (!listed.pageInfo.hasNextPage) break;
    after = listed.pageInfo.endCursor;
  }
  return [...names.values()];
}

async function readPage(exchange: Exchange, after: string | null) {
  const { models } = await runDeclared(exchange, openAiModels, { after });
  return models;
}

/** Throws NOT_FOUND with a suggestion for a name that the caller may not send. */
export async function findCallableName(exchange: Exchange, id: string): Promise<CallableName> {
  const { model, route, modelAlias } = hasScope(exchange.caller, 'inference:invoke')
    ? await runDeclared(exchange, openAiModel, { id })
    : { model: null, route: null, modelAlias: null };
  if (modelAlias != null) return { id, name: id };
  if (model != null) return { id: model.callName, name: model.name };
  if (route != null) return { id: route.alias, name: route.alias };
  const names = await listCallableNames(exchange, suggestedPagesMax);
  const suggestion = suggestName(
    id,
    names.map((one) => one.id),
  );
  throw new HeddleError(
    'NOT_FOUND',
    `There is no model ${JSON.stringify(id.slice(0, 200))} that you may call.${suggestion}`,
  );
}
