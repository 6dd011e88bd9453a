import { type Caller, hasScope } from './caller.ts';

/** The tenants that may use what the mesh owns, a provider or a prompt: the named ones, and those with one of the plans. */
export interface Offer {
  readonly plans: readonly string[];
  readonly tenants: readonly string[];
}

/** Is it offered to the tenant? */
export function isOfferedTo(
  { plans, tenants }: Offer,
  { tenantId, planId }: Pick<Caller, 'tenantId' | 'planId'>,
): boolean {
  return (
    (tenantId !== null && tenants.includes(tenantId)) || (planId !== undefined && plans.includes(planId))
  );
}

/** The same for an offer as it is stored: null or absent offers to every tenant. */
export function isOfferOpenTo(
  offer: Offer | null | undefined,
  viewer: Pick<Caller, 'tenantId' | 'planId'>,
): boolean {
  return offer == null || isOfferedTo(offer, viewer);
}

/** Callers who change the mesh's providers, or every tenant, see all providers, offered to their own tenant or not. */
export function seesEveryOffer(caller: Caller): boolean {
  return hasScope(caller, 'models:write') || hasScope(caller, 'tenants:admin');
}

/** May the caller see what is offered to the tenants of any of these? */
export function seesOffer(offers: readonly Offer[], caller: Caller): boolean {
  return seesEveryOffer(caller) || offers.some((offer) => isOfferedTo(offer, caller));
}
