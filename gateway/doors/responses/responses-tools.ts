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
import { isVendorTool } from './vendor-items.ts';

const toolPlaces = { name: '.name', parameters: '.parameters', description: '.description' };
const toolsMax = 10_000;
const textInput = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };

export interface ReadTools {
  readonly tools: readonly ToolInput[];
  readonly toolChoice: string | undefined;
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
        const read = readFunction(isFields(tool.function) ? tool.function : tool, at);
        tools.push(markPlace(read, at, toolPlaces));
        const { name, description = null, parameters, strict = null } = read;
        repeated.push({ type: 'function', name, description, parameters, strict });
        break;
      }
      case 'custom':
        tools.push(markPlace(readCustomTool(isFields(tool.custom) ? tool.custom : tool, at), at, toolPlaces));
        repeated.push(isFields(tool.custom) ? { type: 'custom', ...tool.custom } : tool);
        break;
      default:
        if (isVendorTool(tool)) {
          own.push(tool);
          repeated.push(tool);
        } else dropped.push(`${at} (${requireText(tool.type, `${at}.type`)})`);
    }
  }
  return { ...choose(fields.tool_choice, tools, own.length, dropped), own, repeated, dropped };
}

function readFunction(fields: BodyFields, at: string): ToolInput {
  const { parameters, strict } = fields;
  const isStrict = toBoolean(strict, `${at}.strict`);
  return {
    ...readName(fields, at),
    parameters:
      parameters == null ? { type: 'object', properties: {} } : toFields(parameters, `${at}.parameters`),
    ...(isStrict === undefined ? {} : { strict: isStrict }),
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

function choose(
  choice: unknown,
  tools: readonly ToolInput[],
  ownCount: number,
  dropped: string[],
): Pick<ReadTools, 'tools' | 'toolChoice'> {
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
      const named = isFields(fields.function) ? fields.function.name : fields.name;
      return { tools, toolChoice: requireText(named, 'tool_choice.name') };
    }
    case 'allowed_tools':
      return allow(fields, tools);
    default:
      dropped.push(`tool_choice (${requireText(fields.type, 'tool_choice.type')})`);
      return { tools, toolChoice: undefined };
  }
}

/** Of several tools only some may be called: the others are not shown. */
function allow(fields: BodyFields, tools: readonly ToolInput[]): Pick<ReadTools, 'tools' | 'toolChoice'> {
  const { tools: named, mode = 'auto' } = isFields(fields.allowed_tools) ? fields.allowed_tools : fields;
  const list = toList(named, 'tool_choice.tools', toolsMax) ?? [];
  const names = new Set(list.map((tool, at) => toFields(tool, `tool_choice.tools[${at}]`).name));
  const allowed = tools.filter(({ name }) => names.has(name));
  return {
    tools: allowed,
    toolChoice: allowed.length === 0 ? undefined : mode === 'required' ? 'required' : 'auto',
  };
}
