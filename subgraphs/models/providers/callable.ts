import { type Caller, hasScope } from '#core/caller.ts';
import { splitPatterns } from '#core/name-patterns.ts';
import { literal } from '../../runtime/list-input.ts';

/** What `isListed` lets the caller see, as a filter on the ids of models or the aliases of routes. */
export function listedNames(caller: Caller) {
  if (hasScope(caller, 'models:read') || caller.modelLists.length === 0) return {};
  return {
    $and: caller.modelLists.map(({ patterns }) => {
      const { names, prefixes } = splitPatterns(patterns);
      return {
        $or: [
          { _id: { $in: [...names] } },
          ...prefixes.map((prefix) => ({ _id: { $regex: `^${literal(prefix)}` } })),
        ],
      };
    }),
  };
}
