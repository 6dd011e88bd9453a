import type { variables } from '#cli/config.ts';

/** The rows that docs/configuration.md must have, in the order of the table in cli/config.ts. */
export function configurationRows(table: typeof variables): readonly string[] {
  return Object.entries(table).map(([name, { schema, description }]) => {
    const unset = schema.safeParse(undefined);
    const standard =
      unset.success && unset.data !== undefined && unset.data !== '' ? `\`${unset.data}\`` : '';
    return `| \`${name}\` | ${standard} | ${description} |`;
  });
}

/** The rows that docs/errors.md must have. */
export function errorRows(
  catalogue: Readonly<Record<string, { summary: string; whatToDo: string }>>,
): readonly string[] {
  return Object.entries(catalogue).map(
    ([code, { summary, whatToDo }]) => `| \`${code}\` | ${summary} | ${whatToDo} |`,
  );
}

/** The rows that docs/policy.md must have. */
export function scopeRows(table: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(table).map(([scope, allows]) => `| \`${scope}\` | ${allows} |`);
}
