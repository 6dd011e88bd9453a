import type { State } from '#state/open-state.ts';
import type { PayloadSeal } from '#state/payload-seal.ts';
import type { MeshOptions } from '../mesh.ts';
import type { MeshConnections } from '../mesh-connections.ts';
import type { Observing } from '../traces/start-observing.ts';
import { followLogLevel } from './log-level.ts';

/** Opens what the processes of the mesh share, as far as it is observed, and follows what they are to log. */
export async function openSharedState(
  { environment, log, seat }: Pick<MeshOptions, 'environment' | 'log' | 'seat'>,
  {
    ca,
    seal,
    observeState,
  }: Pick<MeshConnections, 'ca'> &
    Pick<Observing, 'observeState'> & {
      /** Undefined in a process that neither writes nor reads payloads. */
      readonly seal: PayloadSeal | undefined;
    },
  starting: AsyncDisposableStack,
): Promise<State> {
  const { openState } = await import('#state/open-state.ts');
  const opening = seat?.openState?.() ?? (await openState(environment.REDIS_URL, log, { ca, seal }));
  const state = observeState(starting.use(opening));
  starting.use(await followLogLevel(log, environment.LOG_LEVEL, state.bus));
  return state;
}
