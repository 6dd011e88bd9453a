import { randomBytes } from 'node:crypto';
import { openPrimaryState } from '#state/local/primary-state.ts';
import { deriveMeshKeys } from '#transport/mesh-keys.ts';
import type { Environment } from '../config.ts';
import { everyPart, type Mesh, type MeshOptions, workerParts } from '../mesh.ts';
import { startMesh } from '../start-mesh.ts';
import type { Ipc } from './ipc.ts';
import { JoinedMetrics } from './joined-metrics.ts';
import { serveRemoteWrites } from './remote-writes.ts';
import { WorkerPool } from './worker-pool.ts';

/** The ports of the subgraphs are free ones, which workers learn. */
const ports = {
  HEDDLE_MODELS_PORT: 0,
  HEDDLE_PROMPTS_PORT: 0,
  HEDDLE_TENANTS_PORT: 0,
  HEDDLE_USAGE_PORT: 0,
} as const satisfies Partial<Environment>;

/**
 * Starts the mesh in several processes of this machine: this one runs the store, what processes share and the subgraphs of administration, and up to
 * `count` workers run gateway and inference behind one port. Resolves when the first worker serves, or each of them where the operator has set their number.
 */
export async function startWithWorkers(
  options: Omit<MeshOptions, 'parts' | 'seat'>,
  { count, isEager }: { readonly count: number; readonly isEager: boolean },
): Promise<Mesh> {
  const { environment, log } = options;
  const meshSecret = randomBytes(32).toString('base64url');
  const state = environment.REDIS_URL === undefined ? openPrimaryState(log) : undefined;
  const metrics = new JoinedMetrics();
  const mesh = await startMesh({
    ...options,
    environment: { ...environment, ...ports },
    parts: everyPart.filter((part) => !workerParts.includes(part)),
    seat: {
      keys: { subgraphKeys: deriveMeshKeys(meshSecret) },
      openState: state && (() => state),
      joinMetrics: metrics.join,
    },
  });
  const attach = (ipc: Ipc, number: number) => {
    state?.attach(ipc.port('state'));
    metrics.attach(ipc.port('metrics'), number);
    if (mesh.store !== null) serveRemoteWrites(ipc.port('store'), mesh.store.writes);
    ipc.control({
      kind: 'seat',
      seat: {
        number,
        subgraphUrls: mesh.subgraphUrls,
        meshSecret,
        storeUri: mesh.store?.uri ?? null,
        sharesState: state !== undefined,
      },
    });
  };
  const pool = new WorkerPool({ count, isEager, log, attach });
  try {
    const url = await pool.start();
    let closing: Promise<void> | undefined;
    return {
      ...mesh,
      url,
      // They are for its workers alone.
      subgraphUrls: {},
      close(times) {
        closing ??= pool.close(times).then(() => mesh.close({ drainMs: 0, graceMs: times.graceMs }));
        return closing;
      },
    };
  } catch (error) {
    await pool.close({ drainMs: 0, graceMs: 0 });
    await mesh.close({ drainMs: 0, graceMs: 0 });
    throw error;
  }
}
