import { expectError } from '#core/expect-error.ts';
import { parseJson } from '#core/json/exact-json.ts';
import type { ProviderCall } from '../../provider.ts';
import { fields, list, text } from '../shared/fields.ts';

interface NestedCall {
  readonly name: string;
  readonly arguments: string;
}

const wrapper = 'parallel';
const prefix = 'functions.';

function parse(given: string): unknown {
  try {
    return parseJson(given);
  } catch (error) {
    expectError(error, SyntaxError);
    return null;
  }
}

/** Is it the tool by which OpenAI's models call several at once among themselves, and which now and then comes out? */
export function isWrapper(name: string, tools: ProviderCall['tools']): boolean {
  return name === wrapper && !tools?.some((tool) => tool.name === wrapper);
}

/** The calls that such a call holds; null unless each is one of the caller's tools. */
export function nestedCalls(given: string, tools: ProviderCall['tools']): readonly NestedCall[] | null {
  const calls: NestedCall[] = [];
  for (const use of list(fields(parse(given))?.tool_uses)) {
    const recipient = text(fields(use)?.recipient_name);
    const parameters = fields(fields(use)?.parameters);
    const name = recipient.startsWith(prefix) ? recipient.slice(prefix.length) : '';
    if (parameters === null || !tools?.some((tool) => tool.name === name)) return null;
    calls.push({ name, arguments: JSON.stringify(parameters) });
  }
  return calls.length === 0 ? null : calls;
}
