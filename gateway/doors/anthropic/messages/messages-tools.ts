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

const toolPlaces = { name: '.name', parameters: '.input_schema', description: '.description' };
const toolsMax = 10_000;
const known = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control']);

/** Tools of a request with their choice. Those that Anthropic runs, or has trained for, have no schema: they are dropped. */
export function readTools(fields: BodyFields, rules: BlockRules): Partial<CompletionInput> {
  const list = toList(fields.tools, 'tools', toolsMax) ?? [];
  const tools = list.flatMap((tool, at) => readTool(toFields(tool, `tools.${at}`), `tools.${at}`, rules));
  return { ...(tools.length === 0 ? {} : { tools }), ...readChoice(fields.tool_choice, tools) };
}

function readTool(tool: BodyFields, at: string, { drop }: BlockRules): readonly ToolInput[] {
  const { type, cache_control: cache } = tool;
  if (type != null && type !== 'custom') {
    drop(`tools.${requireText(type, `${at}.type`).slice(0, 100)}`);
    return [];
  }
  for (const field of Object.keys(tool)) if (!known.has(field)) drop(`tools.${field.slice(0, 100)}`);
  const description = toText(tool.description, `${at}.description`);
  const strict = toBoolean(tool.strict, `${at}.strict`);
  return [
    markPlace(
      {
        name: requireText(tool.name, `${at}.name`),
        parameters: toFields(tool.input_schema, `${at}.input_schema`),
        ...(description === undefined ? {} : { description }),
        ...(strict === undefined ? {} : { strict }),
        ...(cache == null ? {} : { cache: true }),
      },
      at,
      toolPlaces,
    ),
  ];
}

/** Without a tool there is nothing to choose; a tool that was dropped cannot be demanded. */
function readChoice(value: unknown, tools: readonly ToolInput[]): Partial<CompletionInput> {
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
  tools: readonly ToolInput[],
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
