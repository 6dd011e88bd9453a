import { isOffered, isRouteOffered } from '#catalog/viewer.ts';
import type { Caller } from '#core/caller.ts';
import { badInput, checkedText } from '#core/input.ts';
import { jsonSchemaText } from '#core/json-schema/json-schema.ts';
import { readOwnerId, toCallName } from '#core/owned-id.ts';
import { parsePromptTemplate } from '#core/prompt-template.ts';
import { suggestName } from '#core/text/suggest-name.ts';
import type { PromptParameters, PromptVersionRecord } from '#mongo/prompt-versions.ts';
import { latestLabel } from '#mongo/prompts.ts';
import { callParameterNames, checkedCallParameters } from '../../runtime/call-parameters.ts';
import type { PromptsContext, PromptsDeps } from '../deps.ts';
import type { PromptVersionInput } from '../generated.ts';

export interface CheckedVersion {
  readonly content: Pick<
    PromptVersionRecord,
    'model' | 'system' | 'template' | 'variables' | 'outputSchemaJson' | 'parameters' | 'note'
  >;
  /** To be pointed at the version when it is published. */
  readonly label: string | null;
}

const charactersMax = 100_000;
const variablesMax = 200;
export const textMax = 2000;
const labelName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Everything of a version that its author decides. BAD_USER_INPUT names what is wrong, in a template with its place. The check counts for the owner of the prompt. */
export async function checkedVersion(
  input: PromptVersionInput,
  tenantId: string | null,
  { caller }: Pick<PromptsContext, 'caller'>,
  deps: PromptsDeps,
): Promise<CheckedVersion> {
  const system = input.system ?? null;
  if (input.template.trim() === '') badInput('input.template', 'must not be empty.');
  if (input.template.length + (system?.length ?? 0) > charactersMax) {
    badInput('input.template', `must not be longer than ${charactersMax} characters together with system.`);
  }
  const { variables } = parsePromptTemplate(system, input.template);
  if (variables.length > variablesMax) {
    badInput(
      'input.template',
      `must not have more than ${variablesMax} variables; it has ${variables.length}.`,
    );
  }
  const descriptions = readDescriptions(input, variables);
  const content = {
    model: checkedText(input.model, 'input.model', 300),
    system,
    template: input.template,
    variables: variables.map((name) => ({
      name,
      required: true,
      description: descriptions.get(name) ?? null,
    })),
    outputSchemaJson: await checkedOutputSchema(input.outputSchema, tenantId ?? '', deps),
    parameters: checkedParameters(input.parameters, 'input.parameters'),
    note: input.note == null ? null : checkedText(input.note, 'input.note', textMax),
  };
  const label = input.label == null ? null : checkedLabel(input.label, 'input.label');
  await checkModel(content.model, tenantId, caller, deps);
  return { content, label };
}

/** BAD_USER_INPUT for a name that calls of the owner's prompts could not use. What operators name for the mesh or another tenant must be there; the plan of a caller decides when it is called. */
async function checkModel(
  name: string,
  tenantId: string | null,
  caller: Caller,
  { catalog }: PromptsDeps,
): Promise<void> {
  const isOwn = tenantId !== null && tenantId === caller.tenantId;
  const viewer = isOwn ? caller : { tenantId };
  const id = await catalog.resolveName(name, viewer);
  if ((await catalog.resolve(id, viewer)) !== undefined) return;
  const { models, routes, aliases } = catalog.snapshot();
  if (!isOwn && readOwnerId(id) === null && (models.has(id) || routes.has(id))) return;
  const suggestion = suggestName(name, [
    ...(tenantId === null ? [] : (aliases.get(tenantId)?.keys() ?? [])),
    ...[...routes.values()].filter((route) => isRouteOffered(route, viewer)).map(({ alias }) => alias),
    ...[...models.values()]
      .filter(({ provider }) => isOffered(provider, viewer))
      .map((one) => toCallName(one.id)),
  ]);
  badInput(
    'input.model',
    `names no model and no route: ${JSON.stringify(name)}; see the queries models, routes and modelAliases.${suggestion}`,
  );
}

/** The JSON text of a schema that answers can be checked with; null: none. */
async function checkedOutputSchema(
  schema: unknown,
  user: string,
  { jsonSchemas }: PromptsDeps,
): Promise<string | null> {
  if (schema === null || schema === undefined) return null;
  const field = 'input.outputSchema';
  const text = jsonSchemaText(schema, field);
  await jsonSchemas.compile(text, field, user);
  return text;
}

/** A label that may be set. */
export function checkedLabel(label: string, field: string): string {
  if (!labelName.test(label)) {
    badInput(field, 'must be letters, digits, - and _, beginning with a letter, at most 64.');
  }
  if (label === latestLabel) badInput(field, 'must not be latest: that is always the newest version.');
  return label;
}

function readDescriptions(
  input: PromptVersionInput,
  variables: readonly string[],
): ReadonlyMap<string, string | null> {
  const descriptions = new Map<string, string | null>();
  for (const { name, description } of input.variables ?? []) {
    if (!variables.includes(name)) {
      badInput(
        'input.variables',
        `names ${JSON.stringify(name.slice(0, 100))}, which stands in neither text.`,
      );
    }
    if (descriptions.has(name)) badInput('input.variables', `names ${JSON.stringify(name)} twice.`);
    descriptions.set(
      name,
      description == null ? null : checkedText(description, 'input.variables.description', 500),
    );
  }
  return descriptions;
}

/** The parameters of a version; those that are null are left out. BAD_USER_INPUT names what is unknown or wrong. */
function checkedParameters(value: unknown, field: string): PromptParameters | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return badInput(field, 'must be an object.');
  const names: readonly string[] = callParameterNames;
  const unknown = Object.entries(value).find(([name, given]) => given !== null && !names.includes(name));
  if (unknown !== undefined) {
    const name = JSON.stringify(unknown[0].slice(0, 100));
    badInput(field, `must not hold ${name}: it takes ${names.join(', ')}.`);
  }
  return checkedCallParameters(value, `${field}.`);
}
