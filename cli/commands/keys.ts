import { usageError } from '../usage.ts';
import { reseal } from './reseal.ts';

/**
 * `heddle keys rotate`: seals what former encryption keys have sealed with the current one, as `heddle reseal` does, while the mesh
 * runs. A run that was interrupted is repeated: what is sealed with the current key already stays as it is.
 */
export async function runKeysCommand(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command !== 'rotate') throw usageError('keys');
  return reseal(rest);
}
