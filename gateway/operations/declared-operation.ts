import type { Caller } from '#core/caller.ts';
import { HeddleError } from '#core/errors.ts';
import type { Operation } from '../document/operation.ts';
import { isOperation, type Router } from '../router.ts';

/**
 * An operation that a handler sends: its text is part of the program. It is parsed, validated and measured once for each
 * supergraph, not per request. `Data` and `Variables` are its types, generated with it.
 */
export class DeclaredOperation<Data, Variables> {
  readonly text: string;
  /** Types alone: no value has them. */
  declare readonly data: Data;
  declare readonly variables: Variables;
  readonly #prepared = new WeakMap<Router, Operation>();

  constructor(text: string) {
    this.text = text;
  }

  /** Throws INTERNAL where the supergraph in force does not have what the operation selects. */
  prepare(router: Router, caller: Caller): Operation {
    const known = this.#prepared.get(router);
    if (known !== undefined) return known;
    const operation = router.prepare(this.text, null, caller);
    if (!isOperation(operation)) {
      const [error] = operation.errors ?? [];
      throw new HeddleError('INTERNAL', 'The supergraph in force does not serve this path.', {
        cause: new Error(error?.message),
      });
    }
    operation.isRegistered = true;
    this.#prepared.set(router, operation);
    return operation;
  }
}
