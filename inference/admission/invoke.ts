import type { Caller } from '#core/caller.ts';
import type { CacheStatus, OnDisconnect } from '#core/graph-enums.generated.ts';
import type { InvocationRecord } from '#mongo/invocations.ts';
import { noUsage } from '#providers/provider.ts';
import { type CompletionData, newCompletionId } from '../completion.ts';
import type { InferenceDeps } from '../deps.ts';
import { readCallTexts } from '../execution/guarded-texts.ts';
import { Invocation } from '../execution/invocation.ts';
import type { Running } from '../execution/running.ts';
import { openingRecord } from '../ledger/attempt-progress.ts';
import { aheadCharsMin } from '../ledger/progress.ts';
import { openRow, type RowStart, reserveInRow, toCompletionResult } from '../ledger/rows.ts';
import { larger, Meters } from '../metering/meters.ts';
import { outputTokensLimit, outputTokensMax, upperBound } from '../metering/usage-cost.ts';
import type { PlannedCall } from '../planned-call.ts';
import type { CachePolicy, CompletionRequest } from '../request.ts';
import { candidatesFor, type RoutingNeeds } from '../routing/route.ts';
import { createEventSink, type EventSink } from '../streams/event-sink.ts';
import { requireModel } from './allowed-names.ts';
import {
  answerOf,
  type CachedAnswer,
  type CachePlan,
  cachedAnswer,
  cachePlan,
  keepAnswer,
} from './answer-cache.ts';
import type { Idempotency } from './idempotency.ts';
import { compileResponseSchema } from './structured-output.ts';

/** What became of a request that was let in. */
export type CallAdmission =
  | { readonly kind: 'RUNNING'; readonly invocation: Invocation }
  /** Answered without asking a provider; its row is written. */
  | { readonly kind: 'ANSWERED'; readonly completion: CompletionData }
  /** The idempotency key stands for this completion, which may still run, here or elsewhere. */
  | { readonly kind: 'EXISTING'; readonly id: string };

export interface BeginOptions {
  readonly cachePolicy: CachePolicy | null;
  /** STREAM: events go to a stream log, opened before this resolves. */
  readonly mode: 'WHOLE' | 'STREAM';
  /** What happens when the last reader of the stream has gone. */
  readonly onDisconnect: OnDisconnect;
  /** What is reserved for the call already; returned unless it runs. */
  readonly meters?: Meters;
}

export interface Invoker {
  /**
   * The caller's own models, guardrails, idempotency, cache, candidates, reservation, responseSchema, row, in this order; then the invocation runs by itself.
   * What is refused on the way throws a HeddleError, and leaves no row and no reservation.
   */
  begin(request: CompletionRequest, caller: Caller, options: BeginOptions): Promise<CallAdmission>;
  /** What the invocation may draw, with any of its candidates; null: nothing, as its answer is there already. */
  plan(
    request: CompletionRequest,
    caller: Caller,
    options: Pick<BeginOptions, 'cachePolicy' | 'mode'>,
  ): Promise<PlannedCall | null>;
}

/**
 * Result of the call that owns a coalesced request. FAILED: each waiter makes its own call, or they would fail one after
 * the other. NO_ANSWER: the owner was canceled or not admitted, so the first waiter becomes the owner.
 */
type CoalescedResult = CachedAnswer | 'FAILED' | 'NO_ANSWER';

/** How long an ended stream can be resumed event by event; later it is resumed as a whole. */
const logKeptMs = 300_000;
/** The same where no content is kept: long enough for a connection that breaks at the end. */
const unkeptLogMs = 10_000;

export function createInvoker(
  deps: InferenceDeps,
  running: Running,
  idempotency: Idempotency,
  { wasLost }: { readonly wasLost: (completionId: string) => boolean },
): Invoker {
  /** Request coalescing, by cache key: the result that waiters of an identical request take from its owner. */
  const owners = new Map<string, Promise<CoalescedResult>>();

  function begin(request: CompletionRequest, caller: Caller, options: BeginOptions): Promise<CallAdmission> {
    const begun = beginCall(request, caller, options);
    return options.meters === undefined ? begun : releaseUnlessRunning(begun, options.meters);
  }

  async function releaseUnlessRunning(
    beginning: Promise<CallAdmission>,
    meters: Meters,
  ): Promise<CallAdmission> {
    const begun = await beginning;
    if (begun.kind !== 'RUNNING') await meters.release();
    return begun;
  }

  async function plan(
    request: CompletionRequest,
    caller: Caller,
    { cachePolicy, mode }: Pick<BeginOptions, 'cachePolicy' | 'mode'>,
  ): Promise<PlannedCall | null> {
    requireModel(caller, request.model);
    const { idempotencyKey, call, inputTokensMax } = request;
    if (idempotencyKey !== null && (await idempotency.isUsed({ ...request, idempotencyKey }, caller)))
      return null;
    const cached = cachePlan(request, caller, cachePolicy);
    if (cached?.read && (await cachedAnswer(deps.cache, cached, deps.catalog)) !== null) return null;
    const candidates = await candidatesFor(request.model, routingNeeds(request, mode), caller, deps);
    candidates.release();
    const bounds = candidates.models.map((model) => {
      const input = inputTokensMax + deps.inputAllowances.tokensFor(model.id);
      return upperBound(model, input, outputTokensMax(model, call.maxOutputTokens));
    });
    return {
      bound: bounds.reduce(larger),
      totalMs: candidates.timeouts.totalMs,
      isBackground: mode === 'STREAM',
      sameAs: idempotencyKey !== null ? `idempotency ${idempotencyKey}` : cached?.read ? cached.key : null,
    };
  }

  async function beginCall(
    request: CompletionRequest,
    caller: Caller,
    options: BeginOptions,
  ): Promise<CallAdmission> {
    running.admit();
    requireModel(caller, request.model);
    const { input } = deps.guardrails;
    if (input !== undefined) await input({ ...readCallTexts(request.call), tenantId: caller.tenantId });
    const id = options.meters?.id ?? newCompletionId(deps.now());
    const { idempotencyKey } = request;
    if (idempotencyKey === null) return viaCache(id, request, caller, options);
    const once = await idempotency.once({ ...request, idempotencyKey }, caller, id, () =>
      viaCache(id, request, caller, options),
    );
    return 'usedBy' in once ? { kind: 'EXISTING', id: once.usedBy } : once.admitted;
  }

  async function viaCache(
    id: string,
    request: CompletionRequest,
    caller: Caller,
    options: BeginOptions,
  ): Promise<CallAdmission> {
    const plan = cachePlan(request, caller, options.cachePolicy);
    if (plan === null) return admit(id, request, caller, options, 'BYPASS');
    if (plan.read) {
      const hit = await cachedAnswer(deps.cache, plan, deps.catalog);
      if (hit !== null) return answer(id, request, caller, hit, 'HIT');
      for (let owner = owners.get(plan.key); owner !== undefined; owner = owners.get(plan.key)) {
        const result = await owner;
        if (result === 'FAILED') break;
        // A model that was deleted while it answered answers no further call.
        if (result !== 'NO_ANSWER' && deps.catalog.model(result.modelId) !== undefined)
          return answer(id, request, caller, result, 'COALESCED');
      }
    }
    return own(plan, () => admit(id, request, caller, options, 'MISS'));
  }

  /** Begins an invocation whose answer others wait for, and keeps it. */
  async function own(plan: CachePlan, begins: () => Promise<CallAdmission>): Promise<CallAdmission> {
    const { promise, resolve } = Promise.withResolvers<CoalescedResult>();
    const isOwner = !owners.has(plan.key);
    if (isOwner) owners.set(plan.key, promise);
    const end = (result: CoalescedResult) => {
      resolve(result);
      if (isOwner) owners.delete(plan.key);
    };
    try {
      const begun = await begins();
      if (begun.kind === 'RUNNING') {
        void begun.invocation.done.then(async (ended) => {
          const found = answerOf(ended);
          if (found !== null) await keep(plan, found);
          end(found ?? (ended.completion.status === 'CANCELLED' ? 'NO_ANSWER' : 'FAILED'));
        });
      } else end('NO_ANSWER');
      return begun;
    } catch (error) {
      end('NO_ANSWER');
      throw error;
    }
  }

  async function keep(plan: CachePlan, found: CachedAnswer): Promise<void> {
    try {
      await keepAnswer(deps.cache, plan, found, deps.catalog);
    } catch (error) {
      deps.log.warn({ err: error }, 'an answer could not be kept in the cache');
    }
  }

  function rowOf(
    start: Pick<RowStart, 'id' | 'caller' | 'model' | 'cache' | 'startedAtMs' | 'opening'>,
    { promptId, promptVersionId, labels }: CompletionRequest,
  ): InvocationRecord {
    return openRow({
      ...start,
      kind: 'completion',
      promptId,
      promptVersionId,
      labels,
      ownerId: deps.ownerId,
    });
  }

  async function admit(
    id: string,
    request: CompletionRequest,
    caller: Caller,
    options: BeginOptions,
    cache: Extract<CacheStatus, 'MISS' | 'BYPASS'>,
  ): Promise<CallAdmission> {
    // Again: it may have waited for the answer to an identical call, and the process drained meanwhile.
    running.admit();
    const { inputTokensMax, call, structured } = request;
    const { maxOutputTokens } = call;
    const needs = routingNeeds(request, options.mode);
    const candidates = await candidatesFor(request.model, needs, caller, deps);
    const [model] = candidates.models;
    const startedAtMs = deps.now();
    const bounds = { inputTokensMax, outputTokensMax: outputTokensLimit(model, maxOutputTokens) };
    const readsStream = options.mode === 'STREAM' || candidates.isRoute;
    const opening = openingRecord(model, bounds, readsStream ? aheadCharsMin : 0);
    const row = rowOf({ id, caller, model, cache, startedAtMs, opening }, request);
    const meters =
      options.meters ??
      new Meters({
        quota: deps.quota,
        alerts: deps.alerts,
        ledger: deps.ledger,
        log: deps.log,
        caller,
        id,
        totalMs: candidates.timeouts.totalMs,
      });
    const inputBound = inputTokensMax + deps.inputAllowances.tokensFor(model.id);
    const bound = upperBound(model, inputBound, outputTokensMax(model, maxOutputTokens));
    let stream: StreamEnds | null = null;
    try {
      const atMs = await meters.reserve(bound);
      // Not before: a call that is refused costs no compilation.
      if (structured !== null) {
        await compileResponseSchema(structured, caller.tenantId ?? '', deps.jsonSchemas);
      }
      if (options.mode === 'STREAM') stream = await openStream(id, request, options.onDisconnect);
      await deps.ledger.open(reserveInRow(row, atMs, bound));
    } catch (error) {
      candidates.release();
      await Promise.all([meters.release(), stream?.discard()]);
      throw error;
    }
    const sink = stream?.sink ?? null;
    const invocation = new Invocation(
      { id, request, caller, candidates, meters, startedAtMs, sink, cache },
      deps,
    );
    running.add(invocation);
    stream?.attach(invocation);
    return { kind: 'RUNNING', invocation };
  }

  async function openStream(
    id: string,
    { labels }: CompletionRequest,
    onDisconnect: OnDisconnect,
  ): Promise<StreamEnds> {
    let invocation: Invocation | undefined;
    const onAbandoned = () => {
      if (onDisconnect === 'CANCEL' && wasLost(id)) {
        invocation?.stop('The gateway of the client was lost, and the stream was not resumed.');
      } else if (onDisconnect === 'CANCEL') invocation?.cancel('The last client of the stream has gone.');
      if (onDisconnect === 'DRAIN') sink.drain();
    };
    const keepMs = labels.retention === 'NONE' ? unkeptLogMs : logKeptMs;
    const writer = await deps.streams.open(id, { keepMs, onAbandoned });
    const sink = createEventSink(id, writer);
    return {
      sink,
      attach: (begun) => {
        invocation = begun;
      },
      discard: async () => writer[Symbol.asyncDispose](),
    };
  }

  /** A row for an answer that needed no provider. */
  async function answer(
    id: string,
    request: CompletionRequest,
    caller: Caller,
    found: CachedAnswer,
    cache: CacheStatus,
  ): Promise<CallAdmission> {
    const nowMs = deps.now();
    const { promptVersionId } = request;
    const completion: CompletionData = {
      ...found,
      id,
      status: 'SUCCEEDED',
      usage: noUsage,
      costNanos: '0',
      cache,
      promptVersionId,
      attempts: [],
      createdAtMs: nowMs,
      error: null,
    };
    const providerId = found.modelId.slice(0, found.modelId.indexOf('/'));
    const model = { id: found.modelId, provider: { id: providerId } };
    const row = rowOf({ id, caller, model, cache, startedAtMs: nowMs, opening: null }, request);
    await deps.ledger.open(
      { ...row, status: 'SUCCEEDED', endedAt: new Date(nowMs), latencyMs: 0 },
      toCompletionResult(completion, nowMs) ?? undefined,
    );
    return { kind: 'ANSWERED', completion };
  }

  return { begin, plan };
}

function routingNeeds(request: CompletionRequest, mode: BeginOptions['mode']): RoutingNeeds {
  const { needs, inputs, inputTokensMax, call } = request;
  const { maxOutputTokens } = call;
  return { needs, inputs, inputTokensMax, isOneInput: true, maxOutputTokens, speedOf: mode };
}

interface StreamEnds {
  readonly sink: EventSink;
  attach(invocation: Invocation): void;
  /** The invocation did not come about. */
  discard(): Promise<void>;
}
