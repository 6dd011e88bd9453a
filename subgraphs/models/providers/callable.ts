import { type Caller, hasScope } from '#core/caller.ts';
import { matchingLists } from '../../runtime/list-input.ts';

/** What `isListed` lets the caller see, as a filter on the ids of models or the aliases of routes. */
export function listedNames(caller: Caller) {
  return hasScope(caller, 'models:read') ? {} : matchingLists(caller.modelLists, '_id');
}
