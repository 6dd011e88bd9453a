import { reachableFields } from '#schema/check/reach.ts';
import type { variables } from '#server/config.ts';

/** The rows that docs/configuration.md must have, in the order of the table in server/config.ts. */
export function configurationRows(table: typeof variables): readonly string[] {
  return Object.entries(table).map(([name, { schema, description }]) => {
    const unset = schema.safeParse(undefined);
    const standard =
      unset.success && unset.data !== undefined && unset.data !== '' ? `\`${unset.data}\`` : '';
    return `| \`${name}\` | ${standard} | ${description} |`;
  });
}

/** The rows that docs/limits-and-errors.md must have. */
export function errorRows(
  catalog: Readonly<Record<string, { summary: string; whatToDo: string }>>,
): readonly string[] {
  return Object.entries(catalog).map(
    ([code, { summary, whatToDo }]) => `| \`${code}\` | ${summary} | ${whatToDo} |`,
  );
}

/** The rows that docs/policy.md must have. */
export function scopeRows(table: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(table).map(([scope, allows]) => `| \`${scope}\` | ${allows} |`);
}

/** The rows that docs/roles.md must have: scopes down, roles across. */
export function roleRows(
  scopes: readonly string[],
  roles: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['scope', ...Object.keys(roles).map((role) => `\`${role}\``)]),
    ...scopes.map((scope) =>
      line([`\`${scope}\``, ...Object.values(roles).map((held) => (held.includes(scope) ? 'yes' : ''))]),
    ),
  ];
}

const pages = /(?:Connection|Edge)$|^PageInfo$/;

/** The rows of docs/policy.md that list what a key with one scope alone reads beyond who it is. */
export function reachRows(supergraph: string, scopes: readonly string[]): readonly string[] {
  const readFields = (held: readonly string[]) =>
    Map.groupBy(reachableFields(supergraph, held), (field) => field.split('.')[0] ?? '');
  const open = readFields([]);
  const every = readFields(scopes);
  const readScopes = scopes.filter((scope) => /:(?:read|invoke)$/.test(scope));
  return readScopes.map((scope) => {
    const reached = [...readFields([scope])]
      .filter(([type]) => !pages.test(type) && type !== 'Mutation')
      .flatMap(([type, fields]) => {
        const more = fields.filter((field) => !open.get(type)?.includes(field));
        if (more.length === 0) return [];
        if (type === 'Query' || type === 'Subscription') return more.map((field) => `\`${field}\``);
        return [fields.length === every.get(type)?.length ? `\`${type}\`` : `\`${type}\` (part)`];
      });
    return `| \`${scope}\` alone | ${reached.join(', ')} |`;
  });
}
