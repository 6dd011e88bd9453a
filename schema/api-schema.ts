import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import { buildASTSchema, type GraphQLSchema, parse } from 'graphql';

/** The schema that clients see of a supergraph: nothing inaccessible and none of Federation's machinery. */
export function apiSchemaOf(supergraphSdl: string): GraphQLSchema {
  const supergraph = parse(supergraphSdl, { noLocation: true });
  return buildASTSchema(transformSupergraphToPublicSchema(supergraph), { assumeValidSDL: true });
}
