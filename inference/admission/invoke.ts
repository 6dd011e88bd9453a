import type { Caller } from '#core/caller.ts';
import type { CacheStatus, OnDisconnect } from '#core/graph-enums.generated.ts';
import { meshOwner } from '#core/secrets/owner-boxes.ts';
import { activeSpan, inSpan } from '#core/tracing/span.ts';
import { type CompletionData, newCompletionId } from '../completion.ts';
import type { InferenceEngine } from '../engine.ts';
import { Invocation } from '../execution/invocation.ts';
import { toShownRecords } from '../guarding/verdict-records.ts';
import { toAttachmentResults } from '../ledger/attachment.ts';
import { openingRecord } from '../ledger/attempt-progress.ts';
import { aheadCharsMin } from '../ledger/progress.ts';
import { openRow, reserveInRow } from '../ledger/rows.ts';
import { larger, type Meters } from '../metering/meters.ts';
import { answersTokensLimit, answersTokensMax, upperBound } from '../metering/usage-cost.ts';
import { measureOpening } from '../payloads/call-sizes.ts';
import { CallAccount } from '../questions/call-account.ts';
import type { CachePolicy, CompletionRequest, PlannedCall } from '../request.ts';
import { candidatesFor, type RoutingNeeds } from '../routing/route.ts';
import { createEventSink, type EventSink } from '../streams/event-sink.ts';
import { traceCall } from '../tracing/call-span.ts';
import { resolveModel } from './allowed-names.ts';
import {
  type CachedAnswer,
  type CachePlan,
  type CoalescedOwner,
  type CoalescedResult,
  cachedAnswer,
  cachePlan,
  keepAnswer,
  toCachedAnswer,
} from './answer-cache.ts';
import { answerCall, type GuardedRequest } from './answered.ts';
import { guardAndRoute, planGuardrails, toParty } from './guard-request.ts';
import { compileResponseSchema } from './structured-output.ts';

/** What became of a request that was let in. */
export type CallAdmission =
  | { readonly kind: 'RUNNING'; readonly invocation: Invocation }
  /** Answered without a provider; its row is written. */
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

/** A request that is on its way to an invocation. */
interface RequestedCall extends GuardedRequest {
  readonly options: BeginOptions;
}

/** How long an ended stream can be resumed event by event; later it is resumed as a whole. */
export const logKeptMs = 300_000;
/** The same where no content is kept: long enough for a connection that breaks at the end. */
const unkeptLogMs = 10_000;

/**
 * The caller's own models, idempotency, guardrails, cache, candidates, reservation, responseSchema, row, in this order; then the invocation runs by itself.
 * What is refused on the way throws a HeddleError, and leaves no row and no reservation. Where a guardrail has called an AI model, the row and the
 * reservation are there from then on, and what is refused closes them as FAILED.
 */
export function beginCall(
  request: CompletionRequest,
  caller: Caller,
  options: BeginOptions,
  engine: InferenceEngine,
): Promise<CallAdmission> {
  const begun = watchRefusals(request, caller, engine, () =>
    traceCall(request, engine, () => begin(request, caller, options, engine)),
  );
  return options.meters === undefined ? begun : releaseUnlessRunning(begun, options.meters);
}

function watchRefusals<T>(
  { model: name, labels: origin }: CompletionRequest,
  caller: Caller,
  { refused }: InferenceEngine,
  run: () => Promise<T>,
): Promise<T> {
  return refused.watch({ action: 'completion.call', name, caller, origin }, run);
}

async function releaseUnlessRunning(
  beginning: Promise<CallAdmission>,
  meters: Meters,
): Promise<CallAdmission> {
  const begun = await beginning;
  if (begun.kind !== 'RUNNING') await meters.release();
  return begun;
}

/** What the invocation may draw, with any of its candidates; null: nothing, as its answer is there already. */
export function planCall(
  request: CompletionRequest,
  caller: Caller,
  options: Pick<BeginOptions, 'cachePolicy' | 'mode'>,
  engine: InferenceEngine,
): Promise<PlannedCall | null> {
  return watchRefusals(request, caller, engine, () => plan(request, caller, options, engine));
}

async function plan(
  request: CompletionRequest,
  caller: Caller,
  { cachePolicy, mode }: Pick<BeginOptions, 'cachePolicy' | 'mode'>,
  engine: InferenceEngine,
): Promise<PlannedCall | null> {
  const resolved = {
    ...request,
    model: await resolveModel(request.model, caller, engine, request.ofMesh !== undefined),
  };
  const { idempotencyKey, call, inputTokensMax } = request;
  if (idempotencyKey !== null && (await engine.idempotency.isUsed({ ...request, idempotencyKey }, caller)))
    return null;
  const offered = offeredModels(caller, engine.catalog);
  const guardrails = planGuardrails(request, resolved.model, caller, engine);
  const { fingerprint } = await toParty(request, caller, engine).bind(guardrails);
  const cached = planCache(resolved, caller, cachePolicy, fingerprint, engine.catalog);
  if (cached?.read && (await cachedAnswer(engine.cache, cached, offered)) !== null) return null;
  const candidates = await candidatesFor(resolved.model, routingNeeds(request, mode), caller, engine);
  candidates.release();
  const bounds = candidates.models.map((model) => {
    const input = inputTokensMax + engine.inputAllowances.tokensFor(model.id);
    return upperBound(model, input, answersTokensMax(model, call));
  });
  return {
    bound: bounds.reduce(larger),
    totalMs: candidates.timeouts.totalMs,
    isBackground: mode === 'STREAM',
    sameAs: idempotencyKey !== null ? `idempotency ${idempotencyKey}` : cached?.read ? cached.key : null,
    action: 'completion.call',
    name: request.model,
  };
}

async function begin(
  request: CompletionRequest,
  caller: Caller,
  options: BeginOptions,
  engine: InferenceEngine,
): Promise<CallAdmission> {
  engine.running.admit();
  const requested = await resolveModel(request.model, caller, engine, request.ofMesh !== undefined);
  // Before anything is counted: without its key nothing of the call could be kept.
  const sealer = caller.tenantId === null ? undefined : engine.payloads.of(caller.tenantId);
  if (sealer instanceof Promise) await sealer;
  const { idempotencyKey, promptId, promptVersionId, labels, attachment } = request;
  const id = options.meters?.id ?? newCompletionId(engine.now());
  const account = new CallAccount(
    {
      ...{ id, kind: 'completion', caller, promptId, promptVersionId, labels, attachment },
      ...{ input: request.call, meters: options.meters },
    },
    engine,
  );
  const start = () => guardAndStart(request, requested, account, options, engine);
  if (idempotencyKey === null) return start();
  const once = await engine.idempotency.once({ ...request, idempotencyKey }, caller, id, start);
  return 'usedBy' in once ? { kind: 'EXISTING', id: once.usedBy } : once.admitted;
}

/** Once its guardrails have called an AI model, what is refused on the way has a row. */
async function guardAndStart(
  request: CompletionRequest,
  requested: string,
  account: CallAccount,
  options: BeginOptions,
  engine: InferenceEngine,
): Promise<CallAdmission> {
  try {
    const { model, guarded } = await guardAndRoute(request, requested, account, engine);
    account.requireIntact();
    return await viaCache({ request: { ...request, model }, guarded, account, options }, engine);
  } catch (error) {
    throw await account.fail(error);
  }
}

async function viaCache(call: RequestedCall, engine: InferenceEngine): Promise<CallAdmission> {
  const { catalog, coalesced } = engine;
  const { fingerprint } = call.guarded.plan;
  const plan = planCache(
    call.request,
    call.account.start.caller,
    call.options.cachePolicy,
    fingerprint,
    catalog,
  );
  if (plan === null) return admit(call, 'BYPASS', engine);
  if (plan.read) {
    const offered = offeredModels(call.account.start.caller, catalog);
    const hit = await cachedAnswer(engine.cache, plan, offered);
    if (hit !== null) return { kind: 'ANSWERED', completion: await answerCall(call, hit, 'HIT', engine) };
    for (let owner = coalesced.get(plan.key); owner !== undefined; owner = coalesced.get(plan.key)) {
      const result = await waitForOwner(owner);
      if (result === 'FAILED') break;
      // A model that was deleted while it answered answers no further call, nor one that is no longer offered.
      if (result !== 'NO_ANSWER' && offered.model(result.modelId) !== undefined)
        return { kind: 'ANSWERED', completion: await answerCall(call, result, 'COALESCED', engine) };
    }
  }
  return own(call, plan, engine);
}

/** Null also where the caller may not call what it names: no answer of others stands for it. */
function planCache(
  request: CompletionRequest,
  caller: Caller,
  policy: CachePolicy | null,
  guardrails: string,
  catalog: InferenceEngine['catalog'],
): CachePlan | null {
  return policy === null || catalog.find(request.model, caller) === undefined
    ? null
    : cachePlan(request, caller, policy, guardrails);
}

/** The AI models of the catalog that the caller may call. */
function offeredModels(caller: Caller, catalog: InferenceEngine['catalog']): Pick<typeof catalog, 'model'> {
  return {
    model(id) {
      const found = catalog.find(id, caller);
      return found !== undefined && 'model' in found ? found.model : undefined;
    },
  };
}

function waitForOwner({ result, span: ofOwner }: CoalescedOwner): Promise<CoalescedResult> {
  return inSpan('coalesced', (span) => {
    if (ofOwner !== undefined) span?.link(ofOwner.context);
    return result;
  });
}

/** Begins an invocation that others wait for, and keeps its answer. */
async function own(call: RequestedCall, plan: CachePlan, engine: InferenceEngine): Promise<CallAdmission> {
  const { coalesced } = engine;
  const { promise: result, resolve } = Promise.withResolvers<CoalescedResult>();
  const isOwner = !coalesced.has(plan.key);
  if (isOwner) coalesced.set(plan.key, { result, span: activeSpan() });
  const end = (result: CoalescedResult) => {
    resolve(result);
    if (isOwner) coalesced.delete(plan.key);
  };
  try {
    const begun = await admit(call, 'MISS', engine);
    if (begun.kind === 'RUNNING') {
      void begun.invocation.done.then(async (ended) => {
        const found = toCachedAnswer(ended);
        if (found !== null) await keep(plan, found, engine);
        end(found ?? (ended.completion.status === 'CANCELLED' ? 'NO_ANSWER' : 'FAILED'));
      });
    } else end('NO_ANSWER');
    return begun;
  } catch (error) {
    end('NO_ANSWER');
    throw error;
  }
}

async function keep(
  plan: CachePlan,
  found: CachedAnswer,
  { cache, catalog, log }: Pick<InferenceEngine, 'cache' | 'catalog' | 'log'>,
): Promise<void> {
  try {
    await keepAnswer(cache, plan, found, catalog);
  } catch (error) {
    log.warn({ err: error }, 'an answer could not be kept in the cache');
  }
}

async function admit(
  requested: RequestedCall,
  cache: Extract<CacheStatus, 'MISS' | 'BYPASS'>,
  engine: InferenceEngine,
): Promise<CallAdmission> {
  // Again: it may have waited for the answer to an identical call, and the process drained meanwhile.
  engine.running.admit();
  const { request, guarded, account, options } = requested;
  const { inputTokensMax, call, structured } = request;
  const { id, start } = account;
  const { caller } = start;
  const needs = routingNeeds(request, options.mode);
  const candidates = await candidatesFor(request.model, needs, caller, engine);
  const [model] = candidates.models;
  const isNew = !account.hasRow;
  const startedAtMs = isNew ? engine.now() : account.startedAtMs;
  const meters = account.openMeters(candidates.timeouts.totalMs);
  const inputBound = inputTokensMax + engine.inputAllowances.tokensFor(model.id);
  const bound = upperBound(model, inputBound, answersTokensMax(model, call));
  let stream: StreamEnds | null = null;
  try {
    const atMs = isNew ? await meters.reserve(bound) : null;
    // Not before: a call that is refused costs no compilation.
    if (structured !== null) {
      await compileResponseSchema(structured, caller.tenantId ?? '', engine.jsonSchemas);
    }
    if (options.mode === 'STREAM') stream = await openStream(requested, meters, engine);
    if (isNew) {
      const bounds = { inputTokensMax, outputTokensMax: answersTokensLimit(model, call) };
      const readsStream = options.mode === 'STREAM' || candidates.isRoute;
      const opening = openingRecord(model, bounds, readsStream ? aheadCharsMin : 0);
      const row = openRow({ ...start, model, cache, startedAtMs, opening, ownerId: engine.ownerId });
      Object.assign(row, measureOpening(request, guarded.call));
      const attached = toAttachmentResults(id, row.tenantId, request.attachment, startedAtMs);
      await engine.ledger.open(reserveInRow(row, atMs, bound), ...attached);
    }
  } catch (error) {
    candidates.release();
    await Promise.all([isNew ? meters.release() : undefined, stream?.discard()]);
    throw error;
  }
  const sink = stream?.sink ?? null;
  const invocation = new Invocation(
    {
      id,
      request,
      guarded,
      caller,
      candidates,
      meters,
      startedAtMs,
      sink,
      cache,
      account,
      isReserved: isNew,
    },
    engine,
  );
  engine.running.add(invocation);
  stream?.attach(invocation);
  return { kind: 'RUNNING', invocation };
}

async function openStream(
  { request, guarded, account: { id, start }, options: { onDisconnect } }: RequestedCall,
  meters: Meters,
  { streams, lostReaders }: Pick<InferenceEngine, 'streams' | 'lostReaders'>,
): Promise<StreamEnds> {
  let invocation: Invocation | undefined;
  const onAbandoned = () => {
    if (onDisconnect === 'CANCEL' && lostReaders.wasLost(id)) {
      invocation?.stop('The gateway of the client was lost, and the stream was not resumed.');
    } else if (onDisconnect === 'CANCEL') invocation?.cancel('The last client of the stream has gone.');
    if (onDisconnect === 'DRAIN') sink.drain();
  };
  const keepMs = request.labels.retention === 'NONE' ? unkeptLogMs : logKeptMs;
  const owner = start.caller.tenantId ?? meshOwner;
  const writer = await streams.open(id, { owner, keepMs, onAbandoned });
  const sink = createEventSink(id, writer, {
    promptVersionId: request.promptVersionId,
    limits: meters.listLimits(),
    verdicts: toShownRecords(guarded.verdicts),
  });
  return {
    sink,
    attach: (begun) => {
      invocation = begun;
    },
    discard: async () => writer[Symbol.asyncDispose](),
  };
}

function routingNeeds(request: CompletionRequest, mode: BeginOptions['mode']): RoutingNeeds {
  const { needs, inputs, inputTokensMax, call } = request;
  const { maxOutputTokens, providerTools = {} } = call;
  const runsTools = Object.values(providerTools).some((tools) => tools.length > 0);
  return { needs, inputs, inputTokensMax, isOneInput: true, maxOutputTokens, speedKind: mode, runsTools };
}

interface StreamEnds {
  readonly sink: EventSink;
  attach(invocation: Invocation): void;
  /** The invocation did not come about. */
  discard(): Promise<void>;
}
