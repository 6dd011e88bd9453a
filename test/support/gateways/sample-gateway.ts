import { createHash } from 'node:crypto';
import pino, { type Logger } from 'pino';
import type { ArchivedCaller, Caller } from '#core/caller.ts';
import type { TrustedDocumentsMode } from '#core/graph-enums.generated.ts';
import type { GatewayObserver } from '#core/observers/gateway-observer.ts';
import type { MetricsPage } from '#core/observers/metrics-page.ts';
import type { Exposures } from '#gateway/auth/exposure.ts';
import type { Door } from '#gateway/doors/door.ts';
import { createGateway, type Gateway } from '#gateway/gateway.ts';
import type { GatewayLimits } from '#gateway/limits.ts';
import { composeSupergraph } from '#schema/compose.ts';
import { createMemoryBus } from '#state/bus/memory.ts';
import { createMemoryQuota } from '#state/quota/memory.ts';
import { sampleSdls } from './sample-graph.ts';
import { createSampleMesh, type SampleMesh, sampleCaller } from './sample-subgraphs.ts';
import { findSharedPlanner } from './shared-planner.ts';

export const sampleSupergraph = composeSupergraph(sampleSdls);

/** A gateway over the sample graph, listening on a free port. */
export interface SampleGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly mesh: SampleMesh;
  readonly bus: ReturnType<typeof createMemoryBus>;
  readonly url: string;
  /** Makes a key known and tells it. */
  keyFor(caller: Caller | ArchivedCaller): string;
}

/** Holds inference:invoke, members:write, models:write, prompts:read and tenants:admin. */
export const sampleKey = 'hd_sample_0123456789012345678901234567890123456789';

export function computeKeyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export async function startSampleGateway(
  options: {
    readonly limits?: Partial<GatewayLimits>;
    readonly mesh?: SampleMesh;
    readonly now?: () => number;
    readonly port?: number;
    readonly log?: Logger;
    readonly trustedProxies?: readonly string[];
    readonly exposures?: Partial<Exposures>;
    readonly trustedDocuments?: TrustedDocumentsMode;
    readonly persistedQueries?: boolean;
    readonly accessLog?: boolean;
    readonly doors?: readonly Door[];
    readonly observer?: GatewayObserver;
    readonly metrics?: MetricsPage;
  } = {},
): Promise<SampleGateway> {
  const mesh = options.mesh ?? createSampleMesh();
  const log = options.log ?? pino({ level: 'silent' });
  const bus = createMemoryBus(log);
  mesh.callers.set(
    computeKeyHash(sampleKey),
    sampleCaller('inference:invoke', 'members:write', 'models:write', 'prompts:read', 'tenants:admin'),
  );
  const gateway = await createGateway({
    planner: findSharedPlanner(mesh.supergraphSdl ?? sampleSupergraph),
    executors: mesh.executors,
    bus,
    quota: createMemoryQuota(),
    log,
    host: '127.0.0.1',
    port: options.port ?? 0,
    ...(options.trustedProxies === undefined ? {} : { trustedProxies: options.trustedProxies }),
    ...(options.exposures === undefined ? {} : { exposures: options.exposures }),
    ...(options.trustedDocuments === undefined ? {} : { trustedDocuments: options.trustedDocuments }),
    ...(options.persistedQueries === undefined ? {} : { persistedQueries: options.persistedQueries }),
    ...(options.accessLog === undefined ? {} : { accessLog: options.accessLog }),
    ...(options.doors === undefined ? {} : { doors: options.doors }),
    observer: options.observer,
    metrics: options.metrics,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  await gateway.listen();
  let keys = 0;
  return {
    gateway,
    mesh,
    bus,
    url: gateway.url,
    keyFor(caller) {
      const key = `hd_sample${keys++}_0123456789012345678901234567890123456789`;
      mesh.callers.set(computeKeyHash(key), caller);
      return key;
    },
    async [Symbol.asyncDispose]() {
      await gateway.close(0);
      await bus[Symbol.asyncDispose]();
    },
  };
}
