import type { Logger } from 'pino';
import type { State } from '#state/open-state.ts';
import type { MeshStore } from './mesh-store.ts';

/** What is looked at before a process reports that it is ready. */
export interface ProblemSources {
  readonly state: Pick<State, 'ping'>;
  /** Absent in a process that has none. */
  readonly store: Pick<MeshStore, 'checkWritable'> | undefined;
  readonly log: Logger;
}

/** What keeps a call from being served now: the store cannot be written, or the shared state cannot be reached. */
export async function findProblems({ state, store, log }: ProblemSources): Promise<readonly string[]> {
  const found = await Promise.all([
    store === undefined ? [] : findProblem('the store cannot be written', store.checkWritable(), log),
    findProblem('the shared state cannot be reached', state.ping(), log),
  ]);
  return found.flat();
}

/** The problem, when the check fails. */
async function findProblem(
  problem: string,
  check: Promise<unknown>,
  log: Logger,
): Promise<readonly string[]> {
  try {
    await check;
    return [];
  } catch (error) {
    log.warn({ err: error }, `not ready: ${problem}`);
    return [problem];
  }
}
