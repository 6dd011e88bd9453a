import type { Caller } from './caller.ts';
import { HeddleError } from './errors.ts';
import { type CallMaker, type CallRows, readableRows, seesCall } from './ledger-reach.ts';

/** What a rule about the caller looks at. */
export type PolicyHolder = Pick<Caller, 'appId' | 'keyId' | 'endUserId'>;

/** A rule about the caller: decided in the gateway before anything is planned, and again in the subgraph. */
interface CallerPolicy {
  readonly description: string;
  /** What it requires, as the end of a refusal. */
  readonly requires: string;
  /** Decides it. */
  admits(holder: PolicyHolder): boolean;
}

/** A rule about each record of a call: the subgraph decides it where it reads the record. */
interface CallPolicy {
  readonly description: string;
  /** Decides it for one call. */
  sees(caller: Caller, call: CallMaker): boolean;
  /** Decides it for the rows of the ledger, as a filter. */
  rows(caller: Caller): CallRows;
}

export const callerPolicies = {
  'own-app': {
    description:
      'Acts for the app of the caller: an API key of an app, or a person that a rule assigns to one.',
    requires: 'an app: use an API key of the app, or have a rule of your issuer assign you to one',
    admits: ({ appId, endUserId }) => appId !== null && endUserId === null,
  },
  'own-key': {
    description: 'Acts for the API key of the caller: neither a page token nor a person has one.',
    requires: 'an API key of an app, which neither a page token nor a person has',
    admits: ({ keyId, endUserId }) => keyId !== null && endUserId === null,
  },
} as const satisfies Readonly<Record<string, CallerPolicy>>;

export const callPolicies = {
  'own-call': {
    description:
      'Own calls only: of the same API key or person, and of a page token those for its end user. With completions:read every call of the tenant.',
    ...reachCallsWith('completions:read'),
  },
  'own-row': {
    description:
      'Rows of own calls only: of the same API key or person, and of a page token those for its end user. With usage:read, completions:read or logs:read every row of the tenant.',
    ...reachCallsWith('usage:read', 'completions:read', 'logs:read'),
  },
} as const satisfies Readonly<Record<string, CallPolicy>>;

function reachCallsWith(...wide: Parameters<typeof seesCall>[2]): Omit<CallPolicy, 'description'> {
  return {
    sees: (caller, call) => seesCall(caller, call, wide),
    rows: (caller) => readableRows(caller, wide),
  };
}

export type CallPolicyName = keyof typeof callPolicies;

/** What a policy of calls lets one caller reach. */
export interface CallReach {
  sees(call: CallMaker): boolean;
  rows(): CallRows;
}

/** The policy, decided for this caller. */
export function bindPolicy(name: CallPolicyName, caller: Caller): CallReach {
  const policy: CallPolicy = callPolicies[name];
  return { sees: (call) => policy.sees(caller, call), rows: () => policy.rows(caller) };
}

/** The argument of @policy: one of the sets must be met, each with all of its names. */
export type PolicySets = readonly (readonly string[])[];

/** Every name that @policy may have, with what it means. */
export const policies: Readonly<Record<string, { readonly description: string }>> = {
  ...callerPolicies,
  ...callPolicies,
};

/** True where each name is that of a policy that is enforced. */
export function arePoliciesKnown(sets: PolicySets): boolean {
  return (
    sets.length > 0 &&
    sets.every((set) => set.length > 0 && set.every((name) => Object.hasOwn(policies, name)))
  );
}

const byName: ReadonlyMap<string, CallerPolicy> = new Map(Object.entries(callerPolicies));

/** Whether the rules about the caller admit it; what a record decides is open until the record is read. */
export function meetsPolicies(holder: PolicyHolder, sets: PolicySets): boolean {
  return sets.some((set) => set.every((name) => byName.get(name)?.admits(holder) ?? true));
}

/** The message for a caller that the rules do not admit: each entry is one @policy. */
export function requiresPolicies(coordinate: string, demands: readonly PolicySets[]): string {
  const words = demands.map((sets) =>
    sets.map((set) => set.flatMap((name) => byName.get(name)?.requires ?? []).join(' and ')).join(', or '),
  );
  return `${coordinate} requires ${words.filter((one) => one !== '').join('; and ')}.`;
}

/** The app that a field with `own-app` acts for. FORBIDDEN for a caller that the policy does not admit. */
export function ownAppId(caller: PolicyHolder): string {
  return requireOwn('own-app', caller, caller.appId);
}

/** The API key that a field with `own-key` acts for. FORBIDDEN for a caller that the policy does not admit. */
export function ownKeyId(caller: PolicyHolder): string {
  return requireOwn('own-key', caller, caller.keyId);
}

function requireOwn(name: keyof typeof callerPolicies, caller: PolicyHolder, id: string | null): string {
  const { admits, requires }: CallerPolicy = callerPolicies[name];
  if (id === null || !admits(caller)) throw new HeddleError('FORBIDDEN', `This requires ${requires}.`);
  return id;
}

/** The names of a policy of calls among them. */
export function selectCallPolicies(set: readonly string[]): CallPolicyName[] {
  return set.filter((name): name is CallPolicyName => Object.hasOwn(callPolicies, name));
}
