import type { Connection } from 'mongoose';
import { logKeptMs } from '#inference/admission/invoke.ts';
import { createCallEraser } from '#inference/erasure/erase-calls.ts';
import { withoutEndUser, withoutTenant } from '#inference/erasure/erased-row.ts';
import { type Erasers, readEndUserId } from '#mongo/eraser.ts';
import { createMeterErasers } from '#mongo/meter-rollup.ts';
import { createSumErasers } from '#mongo/usage/usage-eraser.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import { readCachePolicies } from './cache-policies.ts';

/** The steps of erasures in the collections of this part. */
export function createInferenceErasers({ connection }: { readonly connection: Connection }): Erasers {
  const policies = Object.values(readCachePolicies(loadSubgraphSdl('inference')));
  /** Stream logs and cached answers, sealed in Redis or in the memory of processes, expire by themselves. */
  const volatileMs = Math.max(logKeptMs, ...policies.map((policy) => policy?.maxAgeMs ?? 0));
  const usage = createSumErasers(connection);
  return {
    TENANT: {
      invocations: createCallEraser(connection, {
        volatileMs,
        select: ({ tenantId }) => ({ tenantId, erased: { $ne: 'TENANT' } }),
        redact: withoutTenant,
      }),
      ...createMeterErasers(connection),
      usage_blocks: usage.TENANT,
    },
    END_USER: {
      invocations: createCallEraser(connection, {
        volatileMs,
        select: (subject) => ({
          ...{ tenantId: subject.tenantId, endUserId: readEndUserId(subject) },
          startedAt: { $lte: subject.requestedAt },
        }),
        redact: withoutEndUser,
      }),
      usage_blocks: usage.END_USER,
    },
  };
}
