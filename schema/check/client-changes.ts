import { type Change, ChangeType, CriticalityLevel } from '@graphql-inspector/core';
import {
  DirectiveLocation,
  type GraphQLDirective,
  type GraphQLSchema,
  isInterfaceType,
  isRequiredArgument,
  isScalarType,
} from 'graphql';
import type { SchemaFinding } from './findings.ts';

/** Where a client may write a directive. The other locations stand in the SDL. */
const executableLocations: ReadonlySet<string> = new Set([
  DirectiveLocation.QUERY,
  DirectiveLocation.MUTATION,
  DirectiveLocation.SUBSCRIPTION,
  DirectiveLocation.FIELD,
  DirectiveLocation.FRAGMENT_DEFINITION,
  DirectiveLocation.FRAGMENT_SPREAD,
  DirectiveLocation.INLINE_FRAGMENT,
  DirectiveLocation.VARIABLE_DEFINITION,
]);

/** True for a directive that operations may have. */
export function isExecutable({ locations }: GraphQLDirective): boolean {
  return locations.some((location) => executableLocations.has(location));
}

/** True unless the change is about a directive as far as it stands in the SDL only. */
export function concernsClients({ type, path = '', meta }: Change, baseline: GraphQLSchema): boolean {
  if (!String(type).startsWith('DIRECTIVE')) return true;
  if (String(type).startsWith('DIRECTIVE_USAGE')) return false;
  if (type === ChangeType.DirectiveLocationRemoved) {
    const { removedDirectiveLocation } = meta as { readonly removedDirectiveLocation: string };
    return executableLocations.has(removedDirectiveLocation);
  }
  const [name = ''] = path.replace('@', '').split('.');
  const before = baseline.getDirective(name);
  return before != null && isExecutable(before);
}

/** How the change is classified, where that is not what the inspector takes it for. */
export function rateCriticality(change: Change, current: GraphQLSchema): CriticalityLevel {
  const { type, criticality } = change;
  const meta: Readonly<Record<string, unknown>> = change.meta ?? {};
  // An operation that repeats it is refused from then on.
  if (type === ChangeType.DirectiveRepeatableRemoved) return CriticalityLevel.Breaking;
  if (type === ChangeType.DirectiveArgumentAdded) {
    const directive = current.getDirective(String(meta.directiveName));
    const added = directive?.args.find(({ name }) => name === meta.addedDirectiveArgumentName);
    if (added !== undefined && !isRequiredArgument(added)) return CriticalityLevel.NonBreaking;
  }
  // As an optional argument: what leaves it out may be answered otherwise.
  const isNewInput = type === ChangeType.InputFieldAdded && meta.addedToNewType !== true;
  const isHarmless = criticality.level === CriticalityLevel.NonBreaking;
  return isNewInput && isHarmless ? CriticalityLevel.Dangerous : criticality.level;
}

const informClients = 'Inform the owners of the clients that may notice.';

/** New types behind interfaces that clients know: their fragments do not match them. */
export function findNewImplementers(
  baseline: GraphQLSchema,
  current: GraphQLSchema,
): readonly SchemaFinding[] {
  return Object.values(current.getTypeMap()).flatMap((type) => {
    if (!isInterfaceType(type) || !isInterfaceType(baseline.getType(type.name))) return [];
    const added = current.getPossibleTypes(type).filter(({ name }) => baseline.getType(name) === undefined);
    return added.map(({ name }) => ({
      rule: 'dangerous' as const,
      where: name,
      problem: `IMPLEMENTER_ADDED: where ${type.name} is answered, ${name} may come, which clients do not know`,
      whatToDo: informClients,
    }));
  });
}

/** Scalars with another specification of their values than before, or none. */
export function findChangedSpecifications(
  baseline: GraphQLSchema,
  current: GraphQLSchema,
): readonly SchemaFinding[] {
  return Object.values(baseline.getTypeMap()).flatMap((before) => {
    const after = current.getType(before.name);
    if (!isScalarType(before) || !isScalarType(after) || before.specifiedByURL == null) return [];
    if (before.specifiedByURL === after.specifiedByURL) return [];
    return [
      {
        rule: 'dangerous' as const,
        where: before.name,
        problem: `SPECIFIED_BY_CHANGED: it was specified by ${before.specifiedByURL}, and now by ${after.specifiedByURL ?? 'nothing'}`,
        whatToDo: 'Use another name for a scalar with other values, and keep the URL of this one.',
      },
    ];
  });
}
