import { readScopes } from './find-role.ts';

/** A role as the graph shows it. */
export interface ShownRole {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly builtIn: boolean;
  /** Null: every tenant has it. */
  readonly tenantId: string | null;
}

/** What the graph shows of a custom role. */
export function showRole(role: {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly tenantId: string | null;
}): ShownRole {
  return { name: role.name, scopes: readScopes(role), builtIn: false, tenantId: role.tenantId };
}
