import { performance } from 'node:perf_hooks';
import { openLocalState } from '#state/local/open-local-state.ts';
import { deriveMeshKeys } from '#transport/mesh-keys.ts';
import type { Environment } from '../config.ts';
import { type Mesh, type MeshOptions, workerParts } from '../mesh.ts';
import { urlVariable } from '../mesh-connections.ts';
import { explainStartFailure } from '../start-failure.ts';
import { startMesh } from '../start-mesh.ts';
import { type Control, Ipc, type SeatOfWorker } from './ipc.ts';
import { joinFromWorker } from './joined-metrics.ts';
import { openRemoteWrites } from './remote-writes.ts';

/** When, and how, a worker is to end. */
export type WorkerEnd = Omit<Extract<Control, { kind: 'close' }>, 'kind'>;

/**
 * Runs gateway and inference beside the first process that has started this one, and serves on its port. Resolves when it serves, with the mesh and what its
 * first process will end it with; where it cannot start, it reports to the first process why.
 */
export async function startWorker(
  options: Omit<MeshOptions, 'parts' | 'seat'>,
): Promise<{ readonly mesh: Mesh; readonly end: Promise<WorkerEnd> }> {
  const ipc = new Ipc(process);
  const seated = Promise.withResolvers<SeatOfWorker>();
  const end = Promise.withResolvers<WorkerEnd>();
  let shed: Mesh['shed'] = () => {};
  let measured = performance.eventLoopUtilization();
  ipc.onControl((message) => {
    if (message.kind === 'seat') seated.resolve(message.seat);
    else if (message.kind === 'close') end.resolve(message);
    else if (message.kind === 'shed') shed(message.share);
    else if (message.kind === 'beat') {
      const { utilization } = performance.eventLoopUtilization(measured);
      measured = performance.eventLoopUtilization();
      ipc.control({ kind: 'beat', busy: utilization });
    }
  });
  const seat = await seated.promise;
  try {
    const mesh = await startMesh({
      ...options,
      environment: toWorkerEnvironment(options.environment, seat),
      parts: workerParts,
      seat: {
        keys: { gatewayKeys: deriveMeshKeys(seat.meshSecret) },
        openState: seat.sharesState ? () => openLocalState(ipc.port('state'), options.log) : undefined,
        joinMetrics: joinFromWorker(ipc.port('metrics')),
        groupWrites: seat.storeUri === null ? undefined : openRemoteWrites(ipc.port('store')),
      },
    });
    shed = (share) => mesh.shed(share);
    ipc.control({ kind: 'ready', url: mesh.url ?? '' });
    return { mesh, end: end.promise };
  } catch (error) {
    ipc.control({ kind: 'failed', message: explainStartFailure(error) });
    throw error;
  }
}

function toWorkerEnvironment(
  environment: Environment,
  { storeUri, subgraphUrls }: SeatOfWorker,
): Environment {
  const urls = Object.entries(subgraphUrls).map(([name, url]) => [
    urlVariable(name as keyof typeof subgraphUrls),
    url,
  ]);
  return {
    ...environment,
    ...Object.fromEntries(urls),
    ...(storeUri === null ? {} : { MONGO_URL: storeUri }),
  };
}
