import { toShownTool } from '#core/secrets/tool-secrets.ts';
import {
  type BodyFields,
  isFields,
  requireText,
  toBoolean,
  toFields,
  toList,
  toText,
  WrongField,
} from '../body-fields.ts';
import { markPlace } from '../input-places.ts';
import type { ToolInput } from '../operations.generated.ts';
import { responsesFormat } from './output/vendor-items.ts';
import { isClientNamespace, readToolFields, toGraphName } from './tools/client-tools.ts';

const toolPlaces = { name: '.name', parameters: '.parameters', description: '.description' };
const toolsMax = 10_000;
const textInput = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };

export interface ReadTools {
  readonly tools: readonly ToolInput[];
  readonly toolChoice: string | undefined;
  /** The choice where it is one of the vendor's own form. */
  readonly ownChoice?: BodyFields;
  /** Tools that the vendor runs. */
  readonly own: readonly BodyFields[];
  /** Tools as a response repeats them. */
  readonly repeated: readonly BodyFields[];
  readonly dropped: readonly string[];
}

/** The tools that the client runs with those that the vendor does, and which of the former to call. Throws WrongField. */
export function readResponsesTools(fields: BodyFields): ReadTools {
  const tools: ToolInput[] = [];
  const own: BodyFields[] = [];
  const repeated: BodyFields[] = [];
  const dropped: string[] = [];
  for (const [index, value] of (toList(fields.tools, 'tools', toolsMax) ?? []).entries()) {
    const at = `tools[${index}]`;
    const tool = toFields(value, at);
    switch (tool.type) {
      case 'function': {
        const called = readToolFields(tool);
        const read = readFunction(called, at);
        tools.push(markPlace(read, at, toolPlaces));
        const { name, description = null, parameters, strict = null } = read;
        repeated.push({ ...readFurther(called), type: 'function', name, description, parameters, strict });
        break;
      }
      case 'custom':
        tools.push(markPlace(readCustomTool(readToolFields(tool), at), at, toolPlaces));
        repeated.push(toShownTool(isFields(tool.custom) ? { type: 'custom', ...tool.custom } : tool));
        break;
      default:
        if (isClientNamespace(tool)) {
          tools.push(...readNamespace(tool, at, dropped));
          repeated.push(toShownTool(tool));
          break;
        }
        requireText(tool.type, `${at}.type`);
        own.push(tool);
        repeated.push(toShownTool(tool));
    }
  }
  return { ...choose(fields.tool_choice, tools, own.length, dropped), own, repeated, dropped };
}

/** The tools of a namespace, under names that distinguish them from all others. The first one describes the namespace. */
function readNamespace(fields: BodyFields, at: string, dropped: string[]): readonly ToolInput[] {
  const namespace = requireText(fields.name, `${at}.name`);
  const about = toText(fields.description, `${at}.description`) ?? '';
  const tools: ToolInput[] = [];
  for (const [index, value] of (toList(fields.tools, `${at}.tools`, toolsMax) ?? []).entries()) {
    const place = `${at}.tools[${index}]`;
    const tool = toFields(value, place);
    if (tool.type !== 'function' && tool.type !== 'custom') {
      dropped.push(`${place} (${requireText(tool.type, `${place}.type`)})`);
      continue;
    }
    const given = readToolFields(tool);
    const read = tool.type === 'custom' ? readCustomTool(given, place) : readFunction(given, place);
    const texts = tools.length === 0 && about !== '' ? [read.description, `${namespace}: ${about}`] : [];
    const description = texts.filter((text) => text != null && text !== '').join('\n\n');
    const named = {
      ...read,
      name: toGraphName(read.name, namespace),
      ...(description === '' ? {} : { description }),
    };
    tools.push(markPlace(named, place, toolPlaces));
  }
  return tools;
}

const functionFields: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict']);

/** What a function has that the graph does not name, such as `defer_loading`. */
function readFurther(tool: BodyFields): BodyFields {
  const further = Object.entries(tool).filter(
    ([name, value]) => !functionFields.has(name) && value !== undefined && value !== null,
  );
  return Object.fromEntries(further);
}

function readFunction(fields: BodyFields, at: string): ToolInput {
  const { parameters, strict } = fields;
  const further = readFurther(fields);
  const isStrict = toBoolean(strict, `${at}.strict`);
  return {
    ...readName(fields, at),
    parameters:
      parameters == null ? { type: 'object', properties: {} } : toFields(parameters, `${at}.parameters`),
    ...(isStrict === undefined ? {} : { strict: isStrict }),
    ...(Object.keys(further).length === 0 ? {} : { providerOptions: { [responsesFormat]: further } }),
  };
}

/** A tool whose input is a text: for the graph, the one field of its arguments. A grammar is part of its description. */
export function readCustomTool(fields: BodyFields, at: string): ToolInput {
  const { name, description = '' } = readName(fields, at);
  const format = isFields(fields.format) ? fields.format : {};
  // Chat completions have one more level than responses.
  const { syntax, definition } = isFields(format.grammar) ? format.grammar : format;
  const grammar =
    typeof definition === 'string'
      ? `The input must match this ${String(syntax ?? '')} grammar:\n${definition}`
      : '';
  const text = [description, grammar].filter((one) => one !== '').join('\n\n');
  return { name, ...(text === '' ? {} : { description: text }), parameters: textInput };
}

function readName(fields: BodyFields, at: string): { readonly name: string; readonly description?: string } {
  const description = toText(fields.description, `${at}.description`);
  return {
    name: requireText(fields.name, `${at}.name`),
    ...(description === undefined ? {} : { description }),
  };
}

type Choice = Pick<ReadTools, 'tools' | 'toolChoice' | 'ownChoice'>;

function choose(choice: unknown, tools: readonly ToolInput[], ownCount: number, dropped: string[]): Choice {
  if (choice === undefined || choice === null) return { tools, toolChoice: undefined };
  if (typeof choice === 'string') {
    const isOpen = choice === 'auto' || choice === 'none';
    if (!isOpen && choice !== 'required') {
      throw new WrongField('tool_choice', 'must be auto, none, required, or an object that names a tool.');
    }
    return { tools, toolChoice: tools.length + ownCount === 0 ? undefined : choice };
  }
  const fields = toFields(choice, 'tool_choice');
  switch (fields.type) {
    case 'function':
    case 'custom': {
      const name = requireText(readToolFields(fields).name, 'tool_choice.name');
      return { tools, toolChoice: toGraphName(name, toText(fields.namespace, 'tool_choice.namespace')) };
    }
    case 'allowed_tools':
      return ownCount === 0
        ? allowTools(fields, tools)
        : { tools, toolChoice: undefined, ownChoice: toOwnAllowed(fields, tools) };
    default:
      requireText(fields.type, 'tool_choice.type');
      if (tools.length + ownCount > 0) return { tools, toolChoice: undefined, ownChoice: fields };
      dropped.push(`tool_choice (${fields.type})`);
      return { tools, toolChoice: undefined };
  }
}

/** The same with tools that the vendor runs, which it alone distinguishes. The client's are functions to it, by the names of the graph. */
function toOwnAllowed(choice: BodyFields, tools: readonly ToolInput[]): BodyFields {
  const { type } = choice;
  const fields = isFields(choice.allowed_tools) ? { type, ...choice.allowed_tools } : choice;
  const named = toList(fields.tools, 'tool_choice.tools', toolsMax) ?? [];
  const names = new Set(tools.map(({ name }) => name));
  const allowed = named.map((value, at) => {
    const place = `tool_choice.tools[${at}]`;
    const tool = toFields(value, place);
    const name = toGraphName(String(tool.name), toText(tool.namespace, `${place}.namespace`));
    return names.has(name) ? { type: 'function', name } : tool;
  });
  return { ...fields, tools: allowed };
}

/** Of several tools only some may be called: the others are not shown. */
export function allowTools(fields: BodyFields, tools: readonly ToolInput[]): Choice {
  const { tools: named, mode = 'auto' } = isFields(fields.allowed_tools) ? fields.allowed_tools : fields;
  const list = toList(named, 'tool_choice.tools', toolsMax) ?? [];
  const names = new Set(
    list.map((tool, at) => {
      const { namespace, ...given } = toFields(tool, `tool_choice.tools[${at}]`);
      return toGraphName(
        String(readToolFields(given).name),
        toText(namespace, `tool_choice.tools[${at}].namespace`),
      );
    }),
  );
  const allowed = tools.filter(({ name }) => names.has(name));
  return {
    tools: allowed,
    toolChoice: allowed.length === 0 ? undefined : mode === 'required' ? 'required' : 'auto',
  };
}
