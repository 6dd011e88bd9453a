import { expectError } from '#core/expect-error.ts';

/** Every text and number within a value of JSON, a line each; JSON within a text is read as well. */
export function flattenTexts(value: unknown): string {
  const texts: string[] = [];
  collect(value, texts);
  return texts.join('\n');
}

function collect(value: unknown, texts: string[]): void {
  if (typeof value === 'string') {
    texts.push(value);
    const encoded = /^data:text\/plain;base64,(.*)$/.exec(value)?.[1];
    if (encoded !== undefined) texts.push(Buffer.from(encoded, 'base64').toString('utf8'));
    if (/^[[{]/.test(value)) collect(parse(value), texts);
  } else if (typeof value === 'number') {
    texts.push(String(value));
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      texts.push(name);
      collect(each, texts);
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    expectError(error, SyntaxError);
    return null;
  }
}

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: string | null;
      readonly tool_calls?: readonly { readonly function?: { readonly arguments?: string } }[];
    };
  }[];
}

/** Every text of an answer of chat completions, or of GraphQL; the pieces of a stream as one. */
export function readResponse(body: string): string {
  if (!body.startsWith('data: ') && !body.startsWith(': ')) return `${body}\n${flattenTexts(parse(body))}`;
  let [content, given] = ['', ''];
  for (const [, data = ''] of body.matchAll(/^data: (\{.*\})$/gm)) {
    for (const { delta } of (parse(data) as Chunk).choices ?? []) {
      content += delta?.content ?? '';
      for (const call of delta?.tool_calls ?? []) given += call.function?.arguments ?? '';
    }
  }
  return `${content}\n${given}\n${flattenTexts(parse(given))}\n${body}`;
}
