import { usageError } from '../usage.ts';
import { type ResealClock, reseal } from './reseal.ts';

/**
 * `heddle keys rotate [--data-keys]`: wraps the data keys with the current root key, as `heddle reseal` does, while the mesh runs; makes new
 * data keys on request. A run that was interrupted is repeated: what is done already stays as it is.
 */
export async function runKeysCommand(args: readonly string[], clock: ResealClock = {}): Promise<number> {
  const [command, ...rest] = args;
  if (command !== 'rotate') throw usageError('keys');
  return reseal(rest, clock);
}
