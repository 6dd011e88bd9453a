import type { Catalog, CatalogModel, CatalogRoute } from '#catalog/catalog.ts';
import { findOwnId, isOffered, isRouteOffered } from '#catalog/viewer.ts';
import type { Caller } from '#core/caller.ts';
import { type ErrorCode, HeddleError } from '#core/errors.ts';
import { isListed } from '#core/name-patterns.ts';
import { toCallName } from '#core/owned-id.ts';
import { suggestName } from '#core/text/suggest-name.ts';
import { callerBounds } from '#state/quota/caller-bounds.ts';
import { exactCost, outputTokensMax } from '../metering/usage-cost.ts';
import type { HealthRegistry, SpeedKind } from './health.ts';
import type { ProviderPool } from './provider-pool.ts';
import { weightedOrder } from './weighted-order.ts';

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
  firstTokenMs: 30_000,
  interTokenMs: 30_000,
  totalMs: 600_000,
};
/** A model that may think before it writes. */
const thinkingTimeouts: Timeouts = { ...timeoutsDefault, firstTokenMs: 60_000 };
/** A provider that runs tools is silent meanwhile: an image, a program or a remote server takes its time. */
const toolTimeouts: Timeouts = { ...timeoutsDefault, firstTokenMs: 180_000, interTokenMs: 180_000 };
const maxAttemptsDefault = 2;
/** Capabilities of which an AI model has one alone. */
const distinctKinds: ReadonlySet<string> = new Set(['CHAT', 'EMBEDDINGS', 'MODERATION']);

/** The candidates for a call, in the order in which they are called. */
export interface Candidates {
  readonly models: readonly [CatalogModel, ...CatalogModel[]];
  readonly timeouts: Timeouts;
  /** What savings of the route are measured by: of its targets that fit the call the first, as they were saved; of a model itself. */
  readonly firstChoice: CatalogModel;
  /** Provider calls at most, retries and fallbacks together; another credential of the same provider is not counted. */
  readonly maxAttempts: number;
  /**
   * A route was called: another model may begin anew after the first token, and `complete` reads the provider's stream,
   * so that a silent provider is noticed within firstTokenMs.
   */
  readonly isRoute: boolean;
  /** The first model is counted as busy from the choice on: to be called when its attempt begins, or none will. */
  readonly release: () => void;
}

export interface RoutingNeeds {
  readonly needs: readonly string[];
  readonly inputs: readonly string[];
  readonly inputTokensMax: number;
  /** False where the input is many texts, each of which must fit the context: the provider judges. */
  readonly isOneInput: boolean;
  readonly maxOutputTokens: number | undefined;
  /** What FASTEST compares. */
  readonly speedKind: SpeedKind;
  /** True: the call has tools that its provider runs. */
  readonly runsTools?: boolean;
}

export interface RoutingDeps {
  readonly catalog: Pick<Catalog, 'find' | 'resolve' | 'snapshot'>;
  readonly health: HealthRegistry;
  readonly pool: Pick<ProviderPool, 'rest'>;
  /** From 0 to 1. */
  readonly random: () => number;
  /** True: AI models without a price are called whatever limits the cost of the caller. */
  readonly allowsUnpriced: boolean;
}

/** The names that the caller may call and see: aliases of its tenant, routes, and the models in use. */
function* callableNames(caller: Caller, { snapshot }: Pick<Catalog, 'snapshot'>): Generator<string> {
  const current = snapshot();
  const { models, routes, aliases } = current;
  const own = caller.tenantId === null ? undefined : aliases.get(caller.tenantId);
  for (const [name, target] of own ?? []) {
    if (isListed(caller, toCallName(findOwnId(target, caller, current)))) yield name;
  }
  for (const route of routes.values()) {
    if (isRouteOffered(route, caller) && isListed(caller, route.alias)) yield route.alias;
  }
  const { allowedRegions } = caller;
  for (const [id, { lifecycle, provider }] of models) {
    const isServed = provider.enabled && (allowedRegions?.includes(provider.region ?? '') ?? true);
    const name = toCallName(id);
    if (lifecycle !== 'RETIRED' && isServed && isOffered(provider, caller) && isListed(caller, name))
      yield name;
  }
}

/** The AI model or the route of an id, as `resolveModel` returns it. Throws NOT_FOUND with a suggestion. */
export async function findCallable(id: string, caller: Caller, catalog: RoutingDeps['catalog']) {
  const found = catalog.find(id, caller) ?? (await catalog.resolve(id, caller));
  if (found !== undefined) return found;
  throw new HeddleError(
    'NOT_FOUND',
    `There is no model and no route ${quoted(id)}; list the models to see those that may be called.${suggestName(id, callableNames(caller, catalog))}`,
  );
}

/**
 * The candidates of the id of a model or a route: offered to the caller, enabled, not retired, within the caller's regions, able to do what is
 * requested, with room for the input, with a price where the cost of the caller is limited. A route orders them by its
 * strategy; those that may not be called now (their circuit is
 * open, their credentials rest) come last, and when there is no other the call is refused at once. Throws NOT_FOUND,
 * NO_ROUTE, BAD_USER_INPUT, CONTEXT_TOO_LONG, MODEL_UNPRICED, or with retryAfterMs PROVIDER_ERROR, PROVIDER_AUTH, PROVIDER_RATE_LIMITED.
 */
export async function candidatesFor(
  name: string,
  needs: RoutingNeeds,
  caller: Caller,
  deps: RoutingDeps,
): Promise<Candidates> {
  const found = await findCallable(name, caller, deps.catalog);
  if ('model' in found) {
    // What a model lacks is stated by a catalog that may be wrong: a client who names the model knows better, except
    // that chat models do not embed or moderate, nor the other way round.
    const kinds = needs.needs.filter((need) => distinctKinds.has(need));
    const refusal = chooseRefusal(found.model, { ...needs, needs: kinds, inputs: [] }, caller, deps);
    if (refusal !== null) throw refusal;
    return chosen([found.model], deps, {
      firstChoice: found.model,
      timeouts: chooseTimeouts(found.model, needs),
      maxAttempts: maxAttemptsDefault,
      isRoute: false,
    });
  }
  return routeCandidates(found.route, needs, caller, deps);
}

function chooseTimeouts({ capabilities }: CatalogModel, { runsTools }: RoutingNeeds): Timeouts {
  if (runsTools === true) return toolTimeouts;
  return capabilities.has('REASONING') ? thinkingTimeouts : timeoutsDefault;
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
    if (!servesRegions(target.regions, caller) || !isOffered(target.model.provider, caller)) continue;
    const refused = chooseRefusal(target.model, needs, caller, deps);
    if (refused === null) fitting.push(target);
    else refusal ??= refused;
  }
  const [first] = fitting;
  if (first === undefined) {
    throw (
      refusal ??
      new HeddleError(
        'NO_ROUTE',
        `The route ${quoted(route.alias)} has no target that this caller may call in a region that it allows: call another model or route.`,
      )
    );
  }
  // The strategy chooses among those that can be called, so that one which cannot does not count as the first.
  const ready = fitting.filter(({ model }) => deferral(model, deps) === 'NONE');
  const other = fitting.filter(({ model }) => deferral(model, deps) !== 'NONE');
  const order = ordering[route.strategy];
  const ordered = ready.length === 0 ? [] : order(ready, needs, deps);
  const models = [...ordered, ...other.toSorted((a, b) => rank(a.model, deps) - rank(b.model, deps))];
  return chosen([models[0]?.model ?? first.model, ...models.slice(1).map(({ model }) => model)], deps, {
    firstChoice: first.model,
    timeouts: route.timeouts,
    maxAttempts: Math.max(1, route.maxAttempts),
    isRoute: true,
  });
}

/** Refuses the call when not even the first candidate may be called; otherwise counts the first as busy from now on. */
function chosen(
  models: Candidates['models'],
  deps: RoutingDeps,
  rest: Pick<Candidates, 'firstChoice' | 'timeouts' | 'maxAttempts' | 'isRoute'>,
): Candidates {
  const refusals = models.map((model) => unavailability(model, deps));
  if (!refusals.includes(null)) {
    const soonest = refusals
      .filter((refusal) => refusal !== null)
      .reduce((a, b) => (b.retryAfterMs < a.retryAfterMs ? b : a));
    const { code, message, retryAfterMs } = soonest;
    throw new HeddleError(code, message, { extensions: { retryAfterMs } });
  }
  const [first] = models;
  return { models, ...rest, release: deps.health.expect(first.id, first.provider.id) };
}

/** NONE: it can be called; LAST: after the others; NOT: not now. */
function deferral(model: CatalogModel, { health, pool }: RoutingDeps): 'NONE' | 'LAST' | 'NOT' {
  if (health.openMs(model.id) > 0 || health.restMs(model.id) > 0) return 'NOT';
  const rest = pool.rest(model);
  return rest === null ? 'NONE' : rest.strict ? 'NOT' : 'LAST';
}

function rank(model: CatalogModel, deps: RoutingDeps): number {
  return deferral(model, deps) === 'LAST' ? 0 : 1;
}

export interface Unavailability {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs: number;
}

/** Why an AI model may not be called now, and how long; null: it may. */
export function unavailability(
  model: CatalogModel,
  { health, pool }: Pick<RoutingDeps, 'health' | 'pool'>,
): Unavailability | null {
  const openMs = health.openMs(model.id);
  const restMs = health.restMs(model.id);
  if (openMs > 0 || restMs > 0) {
    const why = openMs > 0 ? 'has failed repeatedly' : 'has requested a wait';
    return {
      code: 'PROVIDER_ERROR',
      message: `The provider of ${model.id} ${why} and is not called for a while.`,
      retryAfterMs: Math.max(openMs, restMs),
    };
  }
  const rest = pool.rest(model);
  if (rest === null || !rest.strict) return null;
  // The provider's words stay with the call that it refused: it may repeat that call's input.
  const what = rest.code === 'PROVIDER_RATE_LIMITED' ? 'limits our calls' : 'refused every credential';
  const message = `The provider of ${model.id} ${what} and is not called for a while.`;
  return { code: rest.code, message, retryAfterMs: rest.waitMs };
}

type Target = CatalogRoute['targets'][number];
type Ordering = (targets: readonly Target[], needs: RoutingNeeds, deps: RoutingDeps) => readonly Target[];

const ordering: Readonly<Record<CatalogRoute['strategy'], Ordering>> = {
  PRIORITY: (targets) => targets,
  WEIGHTED: (targets, _needs, { random }) => weightedOrder(targets, ({ weight }) => weight, random),
  // What has no price is not free: its price is not known.
  CHEAPEST: (targets, needs) =>
    sortedBy(targets, ({ model }) =>
      model.price === null
        ? Number.POSITIVE_INFINITY
        : Number(
            exactCost(model.price, {
              inputTokens: needs.inputTokensMax,
              outputTokens: outputTokensMax(model, needs.maxOutputTokens),
              cachedInputTokens: 0,
              cacheWriteTokens: 0,
              reasoningTokens: 0,
            }),
          ),
    ),
  FASTEST: fastestOrder,
  LEAST_BUSY: (targets, _needs, deps) => leastBusy(targets, deps),
};

/** Ties keep the order they were saved in. */
function sortedBy(targets: readonly Target[], key: (target: Target) => number): readonly Target[] {
  const keys = new Map(targets.map((target) => [target, key(target)]));
  const toTargetKey = (target: Target) => keys.get(target) ?? 0;
  return targets.toSorted((a, b) => {
    const [x, y] = [toTargetKey(a), toTargetKey(b)];
    return x === y ? 0 : x - y;
  });
}

/** Ties in random order; the places of a model that is named twice stay together. */
function leastBusy(targets: readonly Target[], { health, random }: RoutingDeps): readonly Target[] {
  const draws = new Map(targets.map(({ model }) => [model.id, random()]));
  const draw = ({ model }: Target) => draws.get(model.id) ?? 0;
  return sortedBy(
    targets.toSorted((a, b) => draw(a) - draw(b)),
    ({ model }) => health.inFlight(model.id),
  );
}

/** Of this many calls that a target is passed over, it gets one: it may have become the fastest. */
const turnsPerTrial = 10;

/**
 * By speed. One that was not measured lately is tried by one call at a time; those of which none was measured share the
 * calls. Another than the fastest is tried now and then.
 */
function fastestOrder(targets: readonly Target[], needs: RoutingNeeds, deps: RoutingDeps): readonly Target[] {
  const { health } = deps;
  const speed = ({ model }: Target) => health.speedMs(model.id, needs.speedKind);
  const known = sortedBy(
    targets.filter((target) => speed(target) !== null),
    (target) => speed(target) ?? 0,
  );
  const unknown = leastBusy(
    targets.filter((target) => speed(target) === null),
    deps,
  );
  const [fastest, ...slower] = known;
  if (fastest === undefined) return unknown;
  const untried = unknown.find(({ model }) => health.inFlight(model.id) === 0);
  const turns = turnsPerTrial * Math.max(1, slower.length);
  const due = slower.filter(({ model }) => model !== fastest.model && health.passOver(model.id) > turns);
  const trial = untried ?? due.find(({ model }) => health.inFlight(model.id) === 0);
  const rest = [...known, ...unknown];
  return trial === undefined ? rest : [trial, ...rest.filter((target) => target !== trial)];
}

function servesRegions(regions: readonly string[] | null, { allowedRegions }: Caller): boolean {
  return regions === null || (allowedRegions?.some((region) => regions.includes(region)) ?? false);
}

function chooseRefusal(
  model: CatalogModel,
  needs: RoutingNeeds,
  caller: Caller,
  { allowsUnpriced }: Pick<RoutingDeps, 'allowsUnpriced'>,
): HeddleError | null {
  const { provider } = model;
  if (!provider.enabled) return noRoute(model, `its provider ${provider.id} is disabled`);
  if (model.isStopped === true) {
    return noRoute(model, 'an alert has opened its circuit, until that is undone with undoAlertAction');
  }
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
      `${model.id} cannot do what is requested: it lacks ${lacks.join(', ')}. Call another model, or leave it out.`,
    );
  }
  // The bound counts three bytes a token; no text has more than twelve.
  const inputTokensMin = needs.isOneInput ? Math.floor(needs.inputTokensMax / 4) : 0;
  if (model.contextTokens !== null && inputTokensMin > model.contextTokens) {
    return new HeddleError(
      'CONTEXT_TOO_LONG',
      `The input has at least ${inputTokensMin} tokens; ${model.id} takes ${model.contextTokens}: shorten the input, or call another model.`,
    );
  }
  if (model.price === null && !allowsUnpriced && callerBounds(caller).hasHardBudget) {
    return new HeddleError(
      'MODEL_UNPRICED',
      `${model.id} has no price, and a hard budget binds this caller: an admin sets the price with updateModel, 0 for a model that costs nothing.`,
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
