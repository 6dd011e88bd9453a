import { type Caller, hasScope, type Scope } from './caller.ts';
import { ownTenantId, seesTenant } from './tenant-reach.ts';

/** Who made a call, as its row or the call in progress has it. */
export interface CallMaker {
  readonly tenantId: string | null;
  readonly appId: string | null;
  readonly keyId: string | null;
  /** Absent on older rows. */
  readonly keyLineId?: string | null;
  readonly endUserId?: string | null;
}

/** A caller that is bound to an end user reads this user's calls alone, whatever its scopes. */
function readsAll(caller: Caller, scopes: readonly Scope[]): boolean {
  return caller.endUserId === null && scopes.some((scope) => hasScope(caller, scope));
}

/**
 * May the caller read this call? With one of the scopes every call of its tenant (`tenants:admin`: of every tenant);
 * otherwise what was requested with its own key, or a key that it was rotated from, and for a page token for its end user.
 */
export function seesCall(caller: Caller, call: CallMaker, scopes: readonly Scope[]): boolean {
  if (readsAll(caller, scopes)) return seesTenant(caller, call.tenantId);
  return (
    hasScope(caller, 'inference:invoke') &&
    caller.tenantId !== null &&
    caller.tenantId === call.tenantId &&
    isSameCaller(caller, call) &&
    (caller.endUserId === null || caller.endUserId === call.endUserId)
  );
}

function isSameCaller(caller: Caller, call: CallMaker): boolean {
  // The line of a person is made of issuer and subject: a subject alone is no one.
  return caller.keyLineId !== null && caller.keyLineId === (call.keyLineId ?? call.keyId);
}

/** A filter of rows of the ledger. */
export type CallRows = Readonly<Record<string, string | null>>;

/** The rows of the ledger that `seesCall` lets the caller read, as a filter; of older rows without a key line none is its own. */
export function readableRows(caller: Caller, scopes: readonly Scope[]): CallRows {
  if (readsAll(caller, scopes)) {
    return hasScope(caller, 'tenants:admin') ? {} : { tenantId: ownTenantId(caller) };
  }
  return {
    tenantId: ownTenantId(caller),
    // Without a line no call is its own, and no line is empty.
    keyLineId: caller.keyLineId ?? '',
    ...(caller.endUserId === null ? {} : { endUserId: caller.endUserId }),
  };
}
