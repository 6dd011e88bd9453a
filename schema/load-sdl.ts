import { readFileSync } from 'node:fs';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';

/** The definitions of @quota, @cache, @audited and @prompt with their enums, as every subgraph's SDL ends. */
export function loadDirectiveDefinitions(): string {
  return readFileSync(new URL('./directives.graphql', import.meta.url), 'utf8');
}

function ownSdl(name: SubgraphName): string {
  return readFileSync(new URL(`../subgraphs/${name}/schema.graphql`, import.meta.url), 'utf8');
}

/** The SDL that is written by hand, by file from the root of the checkout. */
export function loadOwnSdls(): Readonly<Record<string, string>> {
  const own = subgraphNames.map((name) => [`subgraphs/${name}/schema.graphql`, ownSdl(name)]);
  return { ...Object.fromEntries(own), 'schema/directives.graphql': loadDirectiveDefinitions() };
}

/**
 * The whole SDL of one subgraph: its own schema.graphql and the definitions of our directives. What is composed
 * and what the subgraph serves are this same text. Throws when the subgraph has no schema.graphql.
 */
export function loadSubgraphSdl(name: SubgraphName): string {
  return `${ownSdl(name).trimEnd()}\n\n${loadDirectiveDefinitions()}`;
}
