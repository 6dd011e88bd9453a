import type { PromptVersionRecord } from '#mongo/prompt-versions.ts';
import { type Connection, pageSize } from '../../runtime/connection.ts';
import type { PromptVersionsArgs } from '../generated.ts';
import type { PromptsLoaders } from '../loaders.ts';
import { numberOfCursor, versionCursor } from './version-page.ts';

/**
 * A page of the versions of a prompt. Numbers have no gaps, so that they determine what is in a page and how many there are
 * without a command. The pages of all prompts of an operation are read with one.
 */
export async function listVersions(
  promptId: string,
  newest: number,
  { orderBy, ...page }: PromptVersionsArgs,
  loaders: PromptsLoaders,
): Promise<Connection<PromptVersionRecord>> {
  const { size, fromEnd } = pageSize(page);
  const ascending = orderBy === 'OLDEST_FIRST';
  const after = page.after ? numberOfCursor(page.after, 'after') : undefined;
  const before = page.before ? numberOfCursor(page.before, 'before') : undefined;
  const [above, below] = ascending ? [after, before] : [before, after];
  const lowest = Math.max(1, (above ?? 0) + 1);
  const highest = Math.min(newest, (below ?? newest + 1) - 1);
  const fromLowest = ascending !== fromEnd;
  const from = fromLowest ? lowest : Math.max(lowest, highest - size + 1);
  const to = fromLowest ? Math.min(highest, lowest + size - 1) : highest;
  const found = from > to ? [] : await loaders.versionRange.load({ promptId, from, to });
  const edges = (ascending ? found.toReversed() : found).map((node) => ({
    node,
    cursor: versionCursor(node.number),
  }));
  const isContinued = highest - lowest + 1 > size;
  return {
    edges,
    pageInfo: {
      hasNextPage: fromEnd ? before !== undefined : isContinued,
      hasPreviousPage: fromEnd ? isContinued : after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: async () => newest,
  };
}
