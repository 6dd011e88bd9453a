import { hash } from 'node:crypto';
import { type FieldNode, GraphQLError, type GraphQLResolveInfo, getArgumentValues, Kind } from 'graphql';
import { requestTimeMs } from '#core/request-id.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import { Meters } from '#inference/metering/meters.ts';
import type { PlannedCall } from '#inference/request.ts';
import { readAdmissionMark } from '#transport/admission.ts';
import type { SubgraphContext } from '../runtime/context.ts';

/** Plans a call from the arguments of its field; null: it draws nothing. Throws what the call itself would throw. */
export type PlanCall = (
  args: Readonly<Record<string, unknown>>,
  context: SubgraphContext,
) => Promise<PlannedCall | null>;

/** Answers a field of which only __typename is selected, whatever its type. */
const nothing = {} as never;

/** Longer than any call takes. */
const callMsMax = 3_600_000;
/** No response name has a space. */
const slotName = ' slot';

/**
 * Admits the metered fields of one mutation together, before the first of them runs. The gateway marks them with directives
 * (transport/admission.ts), in operations of its own.
 *
 * The fields of a mutation run one after another, so that those which wait for their calls need one slot of CONCURRENCY in
 * all, which is reserved beside them. Each call has its own reservation, whose id follows from the request and the field's
 * response name: any process can take it over. Where a gateway dies, they expire.
 */
export function createAdmissionGroups(
  plans: Readonly<Record<string, PlanCall>>,
  {
    quota,
    ledger,
    log,
    alerts,
    refused,
  }: Pick<InferenceEngine, 'quota' | 'ledger' | 'log' | 'alerts' | 'refused'>,
) {
  const admitting = new WeakMap<SubgraphContext, Promise<void>>();

  async function admit(context: SubgraphContext, info: GraphQLResolveInfo): Promise<void> {
    const planned = new Map<string, PlannedCall>();
    const seen = new Set<string>();
    for (const node of info.operation.selectionSet.selections) {
      if (node.kind !== Kind.FIELD) continue;
      const name = node.alias?.value ?? node.name.value;
      const call = await planField(node, context, info).catch((error: unknown) => {
        throw errorAt(name, node, error);
      });
      if (call === null || (call.sameAs !== null && seen.has(call.sameAs))) continue;
      if (call.sameAs !== null) seen.add(call.sameAs);
      planned.set(name, call);
    }
    const all = [...planned.values()];
    const totalMs = Math.min(
      callMsMax,
      all.reduce((sum, call) => sum + call.totalMs, 0),
    );
    const common = { quota, ledger, log, caller: context.caller, totalMs };
    const { requestId } = context;
    const calls = [...planned].map(([name, { bound, isBackground }]) => {
      const draws = { requests: 1n, inFlight: isBackground ? 1n : 0n };
      return { meters: new Meters({ ...common, id: reservationId(requestId, name), draws }), bound };
    });
    if (all.some(({ isBackground }) => !isBackground)) {
      const draws = { requests: 0n, inFlight: 1n };
      const meters = new Meters({ ...common, id: reservationId(requestId, slotName), draws });
      calls.push({ meters, bound: { tokens: 0n, costNanos: 0n } });
    }
    try {
      await Meters.reserveAll(calls);
    } catch (error) {
      await Promise.all(calls.map(({ meters }) => meters.release()));
      const { caller } = context;
      for (const { action, name } of all)
        await refused.note({ action, name, caller, origin: context }, error);
      throw error;
    }
  }

  async function planField(
    node: FieldNode,
    context: SubgraphContext,
    info: GraphQLResolveInfo,
  ): Promise<PlannedCall | null> {
    const field = info.parentType.getFields()[node.name.value];
    const plan = plans[node.name.value];
    if (field === undefined || plan === undefined) return null;
    return plan(getArgumentValues(field, node, info.variableValues), context);
  }

  function takeMeters(name: string, fieldName: string, { caller, requestId }: SubgraphContext): Meters {
    const isBackground = fieldName === 'startCompletion';
    return new Meters({
      quota,
      alerts,
      ledger,
      log,
      caller,
      id: reservationId(requestId, name),
      totalMs: callMsMax,
      isHeld: true,
      ...(isBackground
        ? {}
        : { draws: { requests: 1n, inFlight: 0n }, slotId: reservationId(requestId, slotName) }),
    });
  }

  function releaseSlot({ caller, requestId }: SubgraphContext): Promise<void> {
    const id = reservationId(requestId, slotName);
    return new Meters({ quota, ledger, log, caller, id, totalMs: callMsMax, isHeld: true }).release();
  }

  return {
    /**
     * Runs the call of a field; with `meters` where the field was admitted with others. A field that is only to be admitted,
     * or not to run after all, runs no call; it rejects when the fields together do not fit the caller's limits.
     */
    async run<T>(
      context: SubgraphContext,
      info: GraphQLResolveInfo,
      call: (meters: Meters | undefined) => Promise<T>,
    ): Promise<T> {
      const mark = readAdmissionMark(info.fieldNodes[0]);
      if (mark === undefined) return call(undefined);
      if (mark === 'admit') {
        const admitted = admitting.get(context) ?? admit(context, info);
        admitting.set(context, admitted);
        await admitted;
        return nothing;
      }
      const meters = takeMeters(String(info.path.key), info.fieldName, context);
      if (mark === 'release') {
        await Promise.all([meters.release(), releaseSlot(context)]);
        return nothing;
      }
      try {
        return await call(meters);
      } catch (error) {
        await meters.release();
        throw error;
      } finally {
        if (mark === 'admittedLast') await releaseSlot(context);
      }
    },
  };
}

/** As newCompletionId makes them: the time of the request, then what only this field of it has. */
function reservationId(requestId: string, name: string): string {
  const time = (requestTimeMs(requestId) ?? 0).toString(36).padStart(9, '0');
  return time + hash('sha256', `${requestId}\n${name}`, 'hex').slice(0, 20);
}

/** The error at the field that it is about, which may not be the one that runs. */
function errorAt(name: string, node: FieldNode, error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { nodes: [node], path: [name], originalError });
}
