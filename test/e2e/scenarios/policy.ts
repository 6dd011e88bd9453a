import { readFileSync } from 'node:fs';
import { type GraphQLField, getNamedType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { builtInRoles } from '#core/roles.ts';
import { buildApiSchema } from '#schema/api-schema.ts';
import { supergraphUrl } from '#schema/compose.ts';
import { buildOperation, listProbes } from '#test/resilience/support/probes/probes.ts';
import { type Answer, createTestClient, type TestClient } from '#test/support/client.ts';
import { admin, type MeshOf, newTenant } from './setup.ts';

const schema = buildApiSchema(readFileSync(supergraphUrl, 'utf8'));

type Field = GraphQLField<unknown, unknown>;

/** What `policy(as:)` shows of each coordinate: why it is refused; null: it is allowed. */
type Shown = ReadonlyMap<string, string | null>;

const policy = 'query ($as: ID) { policy(as: $as) { coordinate reason } }';

const listFields = (type: string): readonly Field[] => {
  const found = schema.getType(type);
  return isObjectType(found) ? Object.values(found.getFields()) : [];
};

/** A selection that leads from a root mutation to one field, which the caller may select up to there. */
interface Path {
  readonly root: Field;
  readonly names: readonly string[];
  readonly coordinate: string;
}

const needsArguments = ({ args }: Field) => args.some(({ type }) => String(type).endsWith('!'));

/** The shortest way to each field below mutations, through fields that are allowed. */
function findPaths(shown: Shown): readonly Path[] {
  const paths: Path[] = [];
  const seen = new Set<string>();
  const open: { readonly root: Field; readonly names: readonly string[]; readonly type: string }[] = [];
  const visit = (root: Field, names: readonly string[], coordinate: string, field: Field) => {
    paths.push({ root, names, coordinate });
    const type = getNamedType(field.type).name;
    if (shown.get(coordinate) !== null || seen.has(type) || listFields(type).length === 0) return;
    seen.add(type);
    open.push({ root, names, type });
  };
  for (const root of listFields('Mutation')) visit(root, [], `Mutation.${root.name}`, root);
  for (const { root, names, type } of open) {
    for (const field of listFields(type)) {
      if (!needsArguments(field)) visit(root, [...names, field.name], `${type}.${field.name}`, field);
    }
  }
  return paths;
}

/** The selection of a path, as text. */
function print(names: readonly string[], leafType: string): string {
  const leaf = listFields(leafType).length > 0 || isComposite(leafType) ? ' { __typename }' : '';
  return names.reduceRight((below, name) => ` { ${name}${below} }`, leaf);
}

const isComposite = (name: string) => {
  const type = schema.getType(name);
  return type !== undefined && ('getFields' in type || 'getTypes' in type) && !('parseValue' in type);
};

/** Asks over HTTP for the field under a condition that leaves it out: it is judged, and nothing runs. */
async function judge(client: TestClient, { root, names, coordinate }: Path): Promise<string | null> {
  const [type = '', name = ''] = coordinate.split('.');
  const field = listFields(type).find((one) => one.name === name);
  if (field === undefined) throw new Error(`${coordinate} is not in the schema.`);
  const declared = root.args.map(({ name: arg, type: of }) => `$${arg}: ${of}`);
  const passed = root.args.map(({ name: arg }) => `${arg}: $${arg}`);
  const args = passed.length === 0 ? '' : `(${passed.join(', ')})`;
  const query = `mutation (${[...declared, '$runs: Boolean!'].join(', ')}) {
    ${root.name}${args} @include(if: $runs) ${print(names, getNamedType(field.type).name)} }`;
  const [plain] = listProbes(root);
  const answer = await client.send(query, { ...plain?.argumentsWith(''), runs: false });
  return readReason(answer, coordinate);
}

/** The refusal that names the coordinate; null: there is none. */
function readReason({ errors = [] }: Answer<unknown>, coordinate: string): string | null {
  const found = errors.find(({ message }) => message.startsWith(`${coordinate} requires `));
  const other = errors.find(({ extensions }) =>
    /^(BAD_USER_INPUT|GRAPH_|QUOTA|OVERLOADED|RATE_LIMITED)/.test(extensions.code),
  );
  if (found === undefined && other !== undefined) throw new Error(`${coordinate}: ${other.message}`);
  return found?.message ?? null;
}

/** That each field is allowed and refused over HTTP as the query `policy` shows it. */
export function policyScenarios(mesh: MeshOf): void {
  const callers: readonly (readonly [string, readonly string[] | null])[] = [
    ['ANONYMOUS', null],
    ...Object.entries(builtInRoles),
    ['a narrowed key', ['inference:invoke']],
    ['the owner of another tenant', builtInRoles.OWNER],
  ];

  describe('every field over HTTP', () => {
    it.each(callers)(
      'is open or refused to %s as `policy` shows',
      { timeout: 60_000 },
      async (name, scopes) => {
        const made = scopes === null ? undefined : await newTenant(mesh, { scopes });
        const client = made?.client ?? createTestClient(mesh().url, '');
        const as = name in builtInRoles || scopes === null ? name : made?.keyId;
        const { policy: listed } = await admin(mesh).data<{
          policy: readonly { readonly coordinate: string; readonly reason: string | null }[];
        }>(policy, { as });
        const shown: Shown = new Map(listed.map(({ coordinate, reason }) => [coordinate, reason]));
        const wrong: string[] = [];
        const compare = (coordinate: string, actual: string | null) => {
          const expected = shown.get(coordinate);
          if (actual !== expected)
            wrong.push(`${coordinate}: ${actual ?? 'open'}, shown ${expected ?? 'open'}`);
        };
        const paths = [...findPaths(shown)];
        const reads = listFields('Query').filter((field) => field.name !== 'policy');
        const work: (() => Promise<void>)[] = [
          ...paths.map((path) => async () => compare(path.coordinate, await judge(client, path))),
          ...reads.map((field) => async () => {
            const [plain] = listProbes(field);
            const answer = await client.send(buildOperation('query', field, 0), plain?.argumentsWith(''));
            const refusal = answer.errors?.find(({ message }) =>
              message.startsWith(`Query.${field.name} requires `),
            );
            compare(`Query.${field.name}`, refusal?.message ?? null);
          }),
        ];
        const worker = async () => {
          for (let next = work.pop(); next !== undefined; next = work.pop()) await next();
        };
        await Promise.all(Array.from({ length: 4 }, worker));
        expect(wrong).toEqual([]);
        expect(paths.length).toBeGreaterThan(scopes?.includes('inference:invoke') ? 200 : 50);
      },
    );
  });
}
