import type { LocalLink } from '../local/link.ts';
import type { PrimaryCalls, PrimaryNotes } from '../local/protocol.ts';
import type { UsedTokens } from './tokens.ts';

/** The used tokens of a worker, remembered by the first process: a worker that is replaced takes none of them again. */
export function createLocalUsedTokens(link: LocalLink<PrimaryCalls, PrimaryNotes>): UsedTokens {
  return { shared: true, add: (id, rememberedMs) => link.call('tokens.add', id, rememberedMs) };
}
