/** Types that share stored ids with another type: in the graph their ids have a prefix. */
const prefixes = {
  Alert: 'alert:',
  GuardrailPolicy: 'guardrail:',
  Invocation: 'invocation:',
  Route: 'route:',
} as const;

type PrefixedType = keyof typeof prefixes;

/** The id in the graph of a route's alias, of the name of a guardrail policy or an alert, or of the ledger row of a completion's id. */
export function toNodeId(type: PrefixedType, storedId: string): string {
  return `${prefixes[type]}${storedId}`;
}

/** The id that the record is stored under. Takes one without the prefix as it is. */
export function toStoredId(type: PrefixedType, id: string): string {
  const prefix = prefixes[type];
  return id.startsWith(prefix) ? id.slice(prefix.length) : id;
}

/** The type that the prefix of an id names; undefined for an id without one. */
export function findPrefixedType(id: string): PrefixedType | undefined {
  return (Object.keys(prefixes) as PrefixedType[]).find((type) => id.startsWith(prefixes[type]));
}

/** Has the type ids with a prefix? */
export function isPrefixedType(type: string): type is PrefixedType {
  return Object.hasOwn(prefixes, type);
}
