import {
  type BodyFields,
  requireText,
  toBoolean,
  toChoice,
  toFields,
  toList,
  toText,
} from '../../body-fields.ts';
import { markPlace } from '../../input-places.ts';
import type { CompletionInput, ToolInput } from '../../operations.generated.ts';
import type { BlockRules } from './messages-content.ts';
import { messagesFormat, toOwnOptions } from './own-blocks.ts';

const toolPlaces = { name: '.name', parameters: '.input_schema', description: '.description' };
const toolsMax = 10_000;
/** Fields with the same meaning in the graph. */
const known: ReadonlySet<string> = new Set(['type', 'name', 'description', 'input_schema', 'strict']);

/**
 * Tools of a request with their choice. Those that Anthropic runs, or has trained for, have no schema: they are sent to Anthropic as they
 * are, but for those of servers that the request cannot name here.
 */
export function readTools(fields: BodyFields, { drop }: BlockRules): Partial<CompletionInput> {
  const tools: ToolInput[] = [];
  const own: BodyFields[] = [];
  for (const [at, value] of (toList(fields.tools, 'tools', toolsMax) ?? []).entries()) {
    const tool = toFields(value, `tools.${at}`);
    const type = toText(tool.type, `tools.${at}.type`) ?? 'custom';
    if (type === 'custom') tools.push(readTool(tool, `tools.${at}`));
    else if (type === 'mcp_toolset') drop(`tools.${type}`);
    else own.push(tool);
  }
  return {
    ...(tools.length === 0 ? {} : { tools }),
    ...(own.length === 0 ? {} : { providerTools: { [messagesFormat]: own } }),
    ...readChoice(fields.tool_choice, [...tools, ...own]),
  };
}

function readTool(tool: BodyFields, at: string): ToolInput {
  const { cache_control: cache } = tool;
  const description = toText(tool.description, `${at}.description`);
  const strict = toBoolean(tool.strict, `${at}.strict`);
  return markPlace(
    {
      name: requireText(tool.name, `${at}.name`),
      parameters: toFields(tool.input_schema, `${at}.input_schema`),
      ...(description === undefined ? {} : { description }),
      ...(strict === undefined ? {} : { strict }),
      ...(cache == null ? {} : { cache: true }),
      ...toOwnOptions(tool, known),
    },
    at,
    toolPlaces,
  );
}

type NamedTool = { readonly name?: unknown };

/** Without a tool there is nothing to choose; a tool that was dropped cannot be demanded. */
function readChoice(value: unknown, tools: readonly NamedTool[]): Partial<CompletionInput> {
  if (value === undefined || value === null || tools.length === 0) return {};
  const choice = toFields(value, 'tool_choice');
  const type = toChoice(choice.type, 'tool_choice.type', ['auto', 'any', 'tool', 'none']) ?? 'auto';
  const isSingle = toBoolean(choice.disable_parallel_tool_use, 'tool_choice.disable_parallel_tool_use');
  return {
    ...readChoiceName(type, choice, tools),
    ...(isSingle === undefined ? {} : { parallelToolCalls: !isSingle }),
  };
}

function readChoiceName(
  type: 'auto' | 'any' | 'tool' | 'none',
  choice: BodyFields,
  tools: readonly NamedTool[],
): Partial<CompletionInput> {
  switch (type) {
    case 'any':
      return { toolChoice: 'required' };
    case 'tool': {
      const name = requireText(choice.name, 'tool_choice.name');
      return tools.some((tool) => tool.name === name) ? { toolChoice: name } : {};
    }
    default:
      return { toolChoice: type };
  }
}
