import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import { buildASTSchema, type GraphQLSchema, isScalarType, parse, valueFromASTUntyped } from 'graphql';
import { DateTimeScalar, DecimalScalar, JSONScalar } from './scalars.ts';

/** What introspection, and so the Explorer, shows of the schema as a whole. Composition keeps none. */
const description =
  'Heddle, a GraphQL mesh for AI. Invoke AI models and prompts with the mutations `complete`, `runPrompt` and `embed`, and stream ' +
  'answers with the subscriptions `completionStream` and `promptStream`. `models` and `routes` list what may be called, `me` is who ' +
  'is calling, and `invocations` and `usage` show what was called and what it cost. Every request needs an API key: ' +
  '`authorization: Bearer <API key>`. Errors have stable codes.';

/** The schema that clients see of a supergraph: nothing inaccessible and none of Federation's machinery. */
export function buildApiSchema(supergraphSdl: string): GraphQLSchema {
  const supergraph = parse(supergraphSdl, { noLocation: true });
  const schema = buildASTSchema(transformSupergraphToPublicSchema(supergraph), { assumeValidSDL: true });
  schema.description = description;
  for (const known of [DateTimeScalar, DecimalScalar, JSONScalar]) {
    const scalar = schema.getType(known.name);
    if (!isScalarType(scalar)) continue;
    // What is wrong is refused before anything runs, with the reason; what is right stays as it was written.
    scalar.parseValue = (value) => {
      known.parseValue(value);
      return value;
    };
    scalar.parseLiteral = (node, variables) => {
      const value: unknown = known.parseLiteral(node, variables);
      // The digits of a number may be more than a number of JavaScript has.
      return typeof value === 'string' ? value : valueFromASTUntyped(node, variables);
    };
  }
  return schema;
}
