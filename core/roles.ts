import type { Scope } from './caller.ts';
import type { MemberRole } from './graph-enums.generated.ts';

/** The name of a role that every tenant has. */
export type BuiltInRole = Exclude<MemberRole, 'CUSTOM'>;

/** Scopes of the mesh as a whole: no built-in role has them, and only an operator grants them. */
export const meshScopes: ReadonlySet<Scope> = new Set<Scope>(['models:write', 'tenants:admin']);

/** The roles that every tenant has, each with its scopes. */
export const builtInRoles = {
  OWNER: [
    'inference:invoke',
    'models:read',
    'providers:write',
    'prompts:read',
    'prompts:write',
    'tenants:read',
    'tenants:write',
    'keys:write',
    'members:write',
    'guardrails:write',
    'usage:read',
    'completions:read',
    'logs:read',
    'audit:read',
  ],
  ADMIN: [
    'inference:invoke',
    'models:read',
    'providers:write',
    'prompts:read',
    'prompts:write',
    'tenants:read',
    'tenants:write',
    'keys:write',
    'members:write',
    'guardrails:write',
    'usage:read',
    'audit:read',
  ],
  DEVELOPER: ['inference:invoke', 'models:read', 'prompts:read', 'prompts:write', 'usage:read'],
  VIEWER: ['models:read', 'prompts:read', 'tenants:read', 'usage:read'],
  BILLING: ['tenants:read', 'usage:read'],
  AUDITOR: ['models:read', 'prompts:read', 'tenants:read', 'usage:read', 'audit:read'],
} as const satisfies Record<BuiltInRole, readonly Scope[]>;

/** Is this the name of a built-in role? Names are compared exactly. */
function isBuiltInRole(name: string): name is BuiltInRole {
  return Object.hasOwn(builtInRoles, name);
}

/** The scopes of a built-in role; undefined for any other name. Custom roles are records of the tenants subgraph. */
export function rolesToScopes(name: string): readonly Scope[] | undefined {
  return isBuiltInRole(name) ? builtInRoles[name] : undefined;
}
