import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { GeneratedFile } from '#core/generated-file.ts';
import type { Vendor, VendorFacts } from '../vendor.ts';

/** A vendor with the names that follow from its folder. */
export interface NamedVendor {
  readonly folder: string;
  readonly kind: string;
  readonly vendor: Vendor;
}

const root = new URL('../../', import.meta.url);
/** Both name kinds of providers; federation requires their enums to be equal. */
const sdlPaths = ['subgraphs/models/schema.graphql', 'subgraphs/inference/schema.graphql'];
const docsPath = 'docs/providers.md';

/** The vendors of this checkout, by folder. Throws when the vendor.ts of a folder has no default export. */
export async function readVendors(): Promise<readonly NamedVendor[]> {
  const folders = readdirSync(new URL('providers/', root))
    .filter((folder) => existsSync(new URL(`providers/${folder}/vendor.ts`, root)))
    .sort();
  return Promise.all(
    folders.map(async (folder) => {
      const module = (await import(new URL(`providers/${folder}/vendor.ts`, root).href)) as {
        default?: Vendor;
      };
      if (module.default === undefined)
        throw new Error(`providers/${folder}/vendor.ts has no default export.`);
      return { folder, kind: folder.toUpperCase().replaceAll('-', '_'), vendor: module.default };
    }),
  );
}

/** The registry of the vendors, the graph's enum of them and their table in the docs. */
export function generateRegistry(vendors: readonly NamedVendor[]): readonly GeneratedFile[] {
  const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
  return [
    { path: 'providers/registry/vendors.generated.ts', text: printRegistry(vendors) },
    ...sdlPaths.map((path) => ({ path, text: replaceEnum(read(path), vendors) })),
    { path: docsPath, text: replaceTable(read(docsPath), vendors) },
  ];
}

/** What the registry holds of a vendor, in this order. */
const facts = [
  'id',
  'baseUrl',
  'basePath',
  'requires',
  'environment',
  'accountUrl',
  'ownAddress',
  'isRegional',
  'signsRequests',
] as const satisfies readonly (keyof VendorFacts)[];

/** A literal of a plain value. */
function print(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
  if (value instanceof RegExp) return String(value);
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([name, inner]) => `${name}: ${print(inner)}`);
  return `{ ${entries.join(', ')} }`;
}

function printEntry({ folder, kind, vendor }: NamedVendor): string {
  const lines = facts.flatMap((fact) =>
    vendor[fact] === undefined ? [] : [`    ${fact}: ${print(vendor[fact])},\n`],
  );
  // In pieces: a line of this form would be read as an import of this module.
  const load = ['import', `('../${folder}/vendor.ts')`].join('');
  return `  ${kind}: {\n${lines.join('')}    load: async () => (await ${load}).default,\n  },\n`;
}

function printRegistry(vendors: readonly NamedVendor[]): string {
  const declaration = 'export const';
  return `// Generated from providers/*/vendor.ts by \`npm run schema:compose\`: do not edit.
import type { ProviderKind } from '#core/graph-enums.generated.ts';
import type { RegisteredVendor } from '../vendor.ts';

/** Every vendor by its kind. */
${declaration} vendors: Readonly<Record<ProviderKind, RegisteredVendor>> = {
${vendors.map(printEntry).join('')}};
`;
}

/** The text with what stands between the marks replaced. Throws when a mark is missing. */
function replaceBetween(text: string, start: string, end: string, inner: string): string {
  const from = text.indexOf(start);
  const to = text.indexOf(end, from + start.length);
  if (from < 0 || to < 0)
    throw new Error(`No text between ${JSON.stringify(start)} and ${JSON.stringify(end)}.`);
  return text.slice(0, from + start.length) + inner + text.slice(to);
}

function replaceEnum(sdl: string, vendors: readonly NamedVendor[]): string {
  const values = vendors.map(({ kind, vendor }) => `  ${JSON.stringify(vendor.description)}\n  ${kind}\n`);
  return replaceBetween(sdl, 'enum ProviderKind {\n', '}\n', values.join(''));
}

const needs = { secret: 'key', baseUrl: 'base URL', region: 'region' } as const;
const code = (text: string) => `\`${text}\``;

function formatRow({ kind, vendor }: NamedVendor): string {
  const { id, label, reference, requires, environment } = vendor;
  const baseUrl = vendor.baseUrl ?? vendor.accountUrl;
  const { secret = [], baseUrl: urls = [], region = [], account = [] } = environment;
  const variables = [
    ...secret.map((names) => names.map(code).join(' + ')),
    ...[...account, ...urls, ...region].map(code),
  ];
  const cells = [
    code(kind),
    code(id),
    reference === null ? label : `[${label}](${reference})`,
    requires.map((need) => needs[need]).join(', ') || 'nothing',
    variables.join(', '),
    baseUrl === undefined ? '' : code(baseUrl),
  ];
  return `| ${cells.join(' | ')} |\n`;
}

function replaceTable(text: string, vendors: readonly NamedVendor[]): string {
  const head =
    '\n| kind | id at start | what it is | needs | variables | its own base URL |\n|---|---|---|---|---|---|\n';
  const rows = vendors.map(formatRow).join('');
  return replaceBetween(text, '<!-- vendors: generated -->\n', '\n<!-- end -->', `${head}${rows}`);
}
