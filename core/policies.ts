import { readableRows, seesCall } from './ledger-reach.ts';

/** A rule that scopes cannot state: which records a field shows or changes for a caller that has the scopes. */
interface RecordPolicy {
  readonly description: string;
  /** The functions that decide it. The subgraph of a field with the policy calls one of them for every record. */
  readonly enforcedBy: readonly ((...values: never[]) => unknown)[];
}

/** Every name that @policy may have in the schema. The gateway refuses a field with another name to all callers. */
export const policies: Readonly<Record<string, RecordPolicy>> = {
  'own-call': {
    description:
      'Own calls only: of the same API key or person, and of a page token those for its end user. Each scope beside inference:invoke reaches every call of the tenant.',
    enforcedBy: [seesCall, readableRows],
  },
};

/** True where each name is that of a policy that subgraphs enforce. */
export function arePoliciesKnown(sets: readonly (readonly string[])[]): boolean {
  return (
    sets.length > 0 &&
    sets.every((set) => set.length > 0 && set.every((name) => Object.hasOwn(policies, name)))
  );
}
