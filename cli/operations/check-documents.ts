import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import type { ManifestDocument } from './read-manifest.ts';

/** A document as it is pushed. */
export interface CheckedDocument extends ManifestDocument {
  /** The name of its operation; null: it has none. */
  readonly name: string | null;
}

/** Errors of one manifest that are reported. */
const problemsMax = 100;

/** The documents with the names of their operations, and the errors of those that the schema refuses, a line each. */
export function checkDocuments(
  schema: GraphQLSchema,
  documents: readonly ManifestDocument[],
): { readonly checked: readonly CheckedDocument[]; readonly problems: readonly string[] } {
  const checked: CheckedDocument[] = [];
  const problems: string[] = [];
  for (const document of documents) {
    if (problems.length >= problemsMax) break;
    try {
      const parsed = parse(document.body);
      const name = findName(parsed);
      checked.push({ ...document, name });
      for (const error of validate(schema, parsed, undefined, { maxErrors: 5 })) {
        problems.push(describeProblem(document, name, error));
      }
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      problems.push(describeProblem(document, null, error));
    }
  }
  return { checked, problems: problems.slice(0, problemsMax) };
}

function findName({ definitions }: DocumentNode): string | null {
  const operation = definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return operation !== undefined && 'name' in operation ? (operation.name?.value ?? null) : null;
}

function describeProblem({ id }: ManifestDocument, name: string | null, error: GraphQLError): string {
  const { line = 1, column = 1 } = error.locations?.[0] ?? {};
  return `${name ?? id}:${line}:${column}: ${error.message}`;
}
