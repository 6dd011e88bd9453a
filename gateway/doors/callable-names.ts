import { hasScope } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import { suggestName } from '#core/text/suggest-name.ts';
import type { Exchange } from '../http/exchange.ts';
import { runDeclared } from '../operations/run-declared.ts';
import { type OpenAiRoutesQuery, openAiModel, openAiModels, openAiRoutes } from './operations.generated.ts';

/** A name that the caller may send as `model`: the ID of an AI model, the alias of a route, or an alias of the tenant. */
export interface CallableName {
  readonly id: string;
  /** For people. */
  readonly name: string;
}

/** Pages of models that are listed, of 200 each. */
const pagesMax = 25;
/** Routes of a page, as the operation states. */
const routesOfPage = 200;
/** Pages that a suggestion is looked for in: no suggestion compares more names. */
const suggestedPagesMax = 5;

/** A name as the graph lists it; what requires an approval that the app does not have cannot be called. */
interface ListedName extends CallableName {
  readonly isCallable: boolean;
}

type Access = Awaited<ReturnType<typeof readPage>>['edges'][number]['node']['access'];

const allowsCalls = (access: Access): boolean => access === 'OPEN' || access === 'APPROVED';

/**
 * Aliases of the tenant, then routes by their aliases, then AI models by their IDs; each name once, as what a call means by it, without
 * those that require an approval that the app does not have; nothing for a caller who may call none.
 */
export async function listCallableNames(
  exchange: Exchange,
  pages = pagesMax,
): Promise<readonly CallableName[]> {
  if (!hasScope(exchange.caller, 'inference:invoke')) return [];
  const { routes, modelAliases } = await readRoutes(exchange);
  /** What a call means by each name: the tenant's own comes before the mesh's. */
  const meant = new Map<string, ListedName>();
  const add = (id: string, callName: string, name: string, access: Access) => {
    const isOwn = id !== callName;
    if (isOwn || !meant.has(callName))
      meant.set(callName, { id: callName, name, isCallable: allowsCalls(access) });
  };
  for (const { id, alias, access } of routes) add(id, alias, alias, access);
  let after: string | null = null;
  for (let page = 0; page < pages; page++) {
    const listed: Awaited<ReturnType<typeof readPage>> = await readPage(exchange, after);
    for (const { node } of listed.edges) add(node.id, node.callName, node.name, node.access);
    if (!listed.pageInfo.hasNextPage) break;
    after = listed.pageInfo.endCursor;
  }
  // An alias comes before both, and needs what its target needs.
  const names = new Map<string, ListedName>();
  for (const { name, target } of modelAliases) {
    names.set(name, { id: name, name, isCallable: meant.get(target)?.isCallable ?? true });
  }
  for (const [id, listed] of meant) if (!names.has(id)) names.set(id, listed);
  return [...names.values()].filter(({ isCallable }) => isCallable).map(({ id, name }) => ({ id, name }));
}

/** The routes of all pages, as far as they are listed, and the aliases. */
async function readRoutes(exchange: Exchange): Promise<OpenAiRoutesQuery> {
  let found = await runDeclared(exchange, openAiRoutes, { after: null });
  const { modelAliases } = found;
  const routes = [...found.routes];
  for (let page = 1; page < pagesMax && found.routes.length === routesOfPage; page++) {
    found = await runDeclared(exchange, openAiRoutes, { after: routes.at(-1)?.id ?? null });
    routes.push(...found.routes);
  }
  return { routes, modelAliases };
}

async function readPage(exchange: Exchange, after: string | null) {
  const { models } = await runDeclared(exchange, openAiModels, { after });
  return models;
}

/** Throws NOT_FOUND with a suggestion for a name that the caller may not send. */
export async function findCallableName(exchange: Exchange, id: string): Promise<CallableName> {
  const found = await readOne(exchange, id);
  if (found !== null) return found;
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

/** What a call means by the name; null: it may not be sent. */
async function readOne(exchange: Exchange, id: string): Promise<CallableName | null> {
  if (!hasScope(exchange.caller, 'inference:invoke')) return null;
  const { model, route, modelAlias } = await runDeclared(exchange, openAiModel, { id });
  if (modelAlias != null) {
    const target = await runDeclared(exchange, openAiModel, { id: modelAlias.target });
    const aimed = target.route ?? target.model;
    return aimed != null && !allowsCalls(aimed.access) ? null : { id, name: id };
  }
  if (model != null) return allowsCalls(model.access) ? { id: model.callName, name: model.name } : null;
  return route != null && allowsCalls(route.access) ? { id: route.alias, name: route.alias } : null;
}
