import { isFields } from '../../body-fields.ts';
import { dataKeywords, mapKeywords, type SchemaFields } from './schema-keywords.ts';

function mapValues(fields: SchemaFields, map: (value: unknown) => unknown): SchemaFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(value)]));
}

/** Names of other properties, and schemas, had one keyword. */
function splitDependencies(dependencies: SchemaFields): [string, unknown][] {
  const split = (isWanted: (value: unknown) => boolean) =>
    Object.fromEntries(Object.entries(dependencies).filter(([, value]) => isWanted(value)));
  return [
    ['dependentRequired', split(Array.isArray)],
    [
      'dependentSchemas',
      mapValues(
        split((value) => !Array.isArray(value)),
        upgrade,
      ),
    ],
  ];
}

function upgradeField(keyword: string, value: unknown, isTuple: boolean): [string, unknown][] {
  if (dataKeywords.has(keyword)) return [[keyword, value]];
  if (keyword === '$schema') return [];
  if (keyword === '$id' && typeof value === 'string' && value.startsWith('#')) {
    return [['$anchor', value.slice(1)]];
  }
  if (keyword === 'items' && isTuple) return [['prefixItems', upgrade(value)]];
  if (keyword === 'additionalItems') return isTuple ? [['items', upgrade(value)]] : [];
  if (keyword === 'dependencies' && isFields(value)) return splitDependencies(value);
  if (mapKeywords.has(keyword) && isFields(value)) return [[keyword, mapValues(value, upgrade)]];
  return [[keyword, upgrade(value)]];
}

function upgrade(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(upgrade);
  if (!isFields(schema)) return schema;
  const isTuple = Array.isArray(schema.items);
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]) => upgradeField(keyword, value, isTuple)),
  );
}

/** A schema of draft-07 in the keywords of 2020-12, which OpenAPI 3.1 has; another one as it is. */
export function upgradeSchema(schema: SchemaFields): SchemaFields {
  const isOlder = typeof schema.$schema === 'string' && schema.$schema.includes('draft-07');
  return isOlder ? (upgrade(schema) as SchemaFields) : schema;
}
