import { buildSchema, isObjectType, parse } from 'graphql';
import type { SubgraphName } from '#core/subgraph-names.ts';
import { loadSubgraphSdl } from '#schema/load-sdl.ts';
import { buildSelection } from './probes.ts';

/** The types that the subgraph resolves by a key, with the key's field. */
export function listEntities(name: SubgraphName): { type: string; key: string }[] {
  return parse(loadSubgraphSdl(name)).definitions.flatMap((definition) => {
    if (definition.kind !== 'ObjectTypeDefinition' && definition.kind !== 'ObjectTypeExtension') return [];
    return (definition.directives ?? []).flatMap((directive) => {
      if (directive.name.value !== 'key') return [];
      const of = (argument: string) =>
        directive.arguments?.find(({ name: { value } }) => value === argument)?.value;
      const fields = of('fields');
      const resolvable = of('resolvable');
      if (resolvable?.kind === 'BooleanValue' && !resolvable.value) return [];
      return [{ type: definition.name.value, key: fields?.kind === 'StringValue' ? fields.value : 'id' }];
    });
  });
}

/** Everything of the type that this subgraph itself tells. */
export function selectionIn(name: SubgraphName, type: string): string {
  const sdl = loadSubgraphSdl(name).replace(/^extend schema[\s\S]*?(?=\n\n)/, '');
  const own = buildSchema(sdl, { assumeValid: true, assumeValidSDL: true }).getType(type);
  if (!isObjectType(own)) throw new Error(`${name} has no type ${type}.`);
  return buildSelection(own, 2);
}

/** The answer without the id that was sent and what is another one in each answer. */
export function withoutOwnParts(text: string, sent: string): string {
  return text
    .replaceAll(sent, '<id>')
    .replace(/"requestId":"[^"]*"/g, '')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}
