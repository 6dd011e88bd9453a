import type { Catalog, CatalogModel, CatalogRoute } from '#mongo/catalog.ts';
import type { Caller } from '#schema/caller.ts';
import { HeddleError } from '#schema/errors.ts';
import type { HealthRegistry } from './health.ts';
import { exactCost, outputTokensMax } from './settle.ts';

/** All in milliseconds. */
export interface Timeouts {
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly interTokenMs: number;
  readonly totalMs: number;
}

/** For a model that is called by its id. */
const timeoutsDefault: Timeouts = {
  connectMs: 10_000,
  firstTokenMs: 60_000,
  interTokenMs: 30_000,
  totalMs: 600_000,
};
const maxAttemptsDefault = 2;

/** Who may answer a call, in the order in which they are asked. */
export interface Candidates {
  readonly models: readonly [CatalogModel, ...CatalogModel[]];
  readonly timeouts: Timeouts;
  /** Provider calls at most, retries and fallbacks together. */
  readonly maxAttempts: number;
  /** May another model begin anew after the first token? Only a route allows it. */
  readonly mayRestart: boolean;
}

export interface RoutingNeeds {
  readonly needs: readonly string[];
  readonly inputs: readonly string[];
  readonly inputTokensMax: number;
  readonly maxOutputTokens: number | undefined;
}

export interface RoutingDeps {
  readonly catalog: Pick<Catalog, 'model' | 'resolve'>;
  readonly health: HealthRegistry;
  /** From 0 to 1. */
  readonly random: () => number;
}

/**
 * The candidates of a model id or a route alias: enabled, not retired, within the caller's regions, able to do what is
 * asked, with room for the input. A route orders them by its strategy; those whose circuit is open come last, but an
 * open circuit alone never refuses a call. Throws NOT_FOUND, NO_ROUTE, BAD_USER_INPUT or CONTEXT_TOO_LONG.
 */
export async function candidatesFor(
  name: string,
  needs: RoutingNeeds,
  caller: Caller,
  deps: RoutingDeps,
): Promise<Candidates> {
  const model = deps.catalog.model(name);
  const found = model === undefined ? await deps.catalog.resolve(name) : { model };
  if (found === undefined) {
    throw new HeddleError(
      'NOT_FOUND',
      `There is no model and no route ${quoted(name)}; see the query models.`,
    );
  }
  if ('model' in found) {
    // What a model lacks is told by a catalogue that may be wrong: a client who names the model knows better, except
    // that chat models do not embed, nor the other way round.
    const kinds = needs.needs.filter((need) => need === 'CHAT' || need === 'EMBEDDINGS');
    const refusal = refusalOf(found.model, { ...needs, needs: kinds, inputs: [] }, caller);
    if (refusal !== null) throw refusal;
    return {
      models: [found.model],
      timeouts: timeoutsDefault,
      maxAttempts: maxAttemptsDefault,
      mayRestart: false,
    };
  }
  return routeCandidates(found.route, needs, caller, deps);
}

function routeCandidates(
  route: CatalogRoute,
  needs: RoutingNeeds,
  caller: Caller,
  deps: RoutingDeps,
): Candidates {
  const fitting: Target[] = [];
  let refusal: HeddleError | null = null;
  for (const target of route.targets) {
    if (!servesRegions(target.regions, caller)) continue;
    const refused = refusalOf(target.model, needs, caller);
    if (refused === null) fitting.push(target);
    else refusal ??= refused;
  }
  const ordered = ordering[route.strategy](fitting, needs, deps).map((target) => target.model);
  const [first, ...rest] = [
    ...ordered.filter(({ id }) => !deps.health.isOpen(id)),
    ...ordered.filter(({ id }) => deps.health.isOpen(id)),
  ];
  if (first === undefined) {
    throw (
      refusal ?? new HeddleError('NO_ROUTE', `The route ${quoted(route.alias)} has no model for this caller.`)
    );
  }
  return {
    models: [first, ...rest],
    timeouts: route.timeouts,
    maxAttempts: Math.max(1, route.maxAttempts),
    mayRestart: true,
  };
}

type Target = CatalogRoute['targets'][number];
type Ordering = (targets: readonly Target[], needs: RoutingNeeds, deps: RoutingDeps) => readonly Target[];

const ordering: Readonly<Record<CatalogRoute['strategy'], Ordering>> = {
  PRIORITY: (targets) => targets,
  WEIGHTED: (targets, _needs, { random }) => weightedOrder(targets, ({ weight }) => weight, random),
  CHEAPEST: (targets, needs) =>
    sortedBy(targets, ({ model }) =>
      Number(
        exactCost(model.price, {
          inputTokens: needs.inputTokensMax,
          outputTokens: outputTokensMax(model, needs.maxOutputTokens),
          cachedInputTokens: 0,
          cacheWriteTokens: 0,
          reasoningTokens: 0,
        }),
      ),
    ),
  // One that was never called comes first: how else would it be known?
  FASTEST: (targets, _needs, { health }) =>
    sortedBy(targets, ({ model }) => health.latencyMs(model.id) ?? -1),
  LEAST_BUSY: (targets, _needs, { health }) => sortedBy(targets, ({ model }) => health.inFlight(model.id)),
};

/** Ties keep the order they were saved in. */
function sortedBy(targets: readonly Target[], key: (target: Target) => number): readonly Target[] {
  return targets.toSorted((a, b) => key(a) - key(b));
}

/** All items in random order, each next one with a chance in proportion to its weight; those of weight 0 last. */
export function weightedOrder<T>(
  items: readonly T[],
  weightOf: (item: T) => number,
  random: () => number,
): readonly T[] {
  return items
    .map((item) => {
      const weight = weightOf(item);
      // Efraimidis and Spirakis: the largest u^(1/w) first; in logarithms, so that small weights do not underflow.
      return { item, rank: weight > 0 ? Math.log(1 - random()) / weight : Number.NEGATIVE_INFINITY };
    })
    .toSorted((a, b) => b.rank - a.rank)
    .map(({ item }) => item);
}

function servesRegions(regions: readonly string[] | null, { allowedRegions }: Caller): boolean {
  return regions === null || (allowedRegions?.some((region) => regions.includes(region)) ?? false);
}

function refusalOf(model: CatalogModel, needs: RoutingNeeds, caller: Caller): HeddleError | null {
  const { provider } = model;
  if (!provider.enabled) return noRoute(model, `its provider ${provider.id} is disabled`);
  if (model.lifecycle === 'RETIRED') {
    const instead = model.replacedById === null ? '' : `; call ${model.replacedById} instead`;
    return noRoute(model, `it is retired${instead}`);
  }
  if (caller.allowedRegions !== null && !caller.allowedRegions.includes(provider.region ?? '')) {
    return noRoute(
      model,
      `its provider is in ${provider.region ?? 'no known region'}, which the tenant does not allow`,
    );
  }
  const lacks = [
    ...(model.capabilities.size === 0 ? [] : needs.needs.filter((need) => !model.capabilities.has(need))),
    ...(model.inputModalities.size === 0
      ? []
      : needs.inputs.filter((input) => !model.inputModalities.has(input))),
  ];
  if (lacks.length > 0) {
    return new HeddleError(
      'BAD_USER_INPUT',
      `${model.id} cannot do what is asked: it lacks ${lacks.join(', ')}.`,
    );
  }
  // The bound counts three bytes a token; no text has more than twelve.
  const inputTokensMin = Math.floor(needs.inputTokensMax / 4);
  if (model.contextTokens !== null && inputTokensMin > model.contextTokens) {
    return new HeddleError(
      'CONTEXT_TOO_LONG',
      `The input has at least ${inputTokensMin} tokens; ${model.id} takes ${model.contextTokens}.`,
    );
  }
  return null;
}

function noRoute(model: CatalogModel, why: string): HeddleError {
  return new HeddleError('NO_ROUTE', `${model.id} cannot be called: ${why}.`);
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
