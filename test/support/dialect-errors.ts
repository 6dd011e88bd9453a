import type { ErrorCode } from '#core/errors.ts';
import type { Door } from '#gateway/doors/door.ts';
import type { Exchange } from '#gateway/http/exchange.ts';
import { statuses } from '#gateway/http/problem.ts';

/** What a handler answers where a whole request fails. */
interface Refusal {
  readonly status: number;
  readonly retries: boolean;
  readonly body: { readonly error: { readonly type?: string; readonly code?: string | null } };
}

/** The answer of the handler to a request that failed with the code. */
function writeError(door: Door, code: ErrorCode, retryAfterMs?: number): Refusal {
  const headers = new Map<string, string>();
  let text = '';
  const response = {
    statusCode: statuses[code],
    setHeader: (name: string, value: unknown) => headers.set(name, String(value)),
    getHeader: (name: string) => headers.get(name),
    removeHeader: (name: string) => headers.delete(name),
    end: (body: string) => {
      text = body;
    },
  };
  const exchange = { response, requestId: 'r' } as unknown as Exchange;
  door.writeError(exchange, {
    status: statuses[code],
    error: { message: 'It failed.', extensions: { code, retryAfterMs } },
    thrown: undefined,
  });
  return {
    status: response.statusCode,
    retries: headers.get('x-should-retry') !== 'false',
    body: JSON.parse(text),
  };
}

/** The rows of docs/limits-and-errors.md on what each code is in the dialects. */
export function dialectErrorRows(
  codes: readonly ErrorCode[],
  { openAi, anthropic, prompts }: { readonly openAi: Door; readonly anthropic: Door; readonly prompts: Door },
): readonly string[] {
  return codes.map((code) => {
    const chat = writeError(openAi, code);
    const messages = writeError(anthropic, code);
    const prompt = writeError(prompts, code);
    if (prompt.status !== chat.status || prompt.body.error.code !== code) {
      throw new Error(`A prompt fails with ${prompt.status} ${prompt.body.error.code} for ${code}.`);
    }
    if (chat.retries !== messages.retries) throw new Error(`The dialects differ in retries of ${code}.`);
    const { type, code: own } = chat.body.error;
    const named = own === null || own === undefined ? '' : `, \`${own}\``;
    const waits = writeError(openAi, code, 60_000).retries ? 'where `retryAfterMs` is set' : 'no';
    const retry = chat.retries ? 'yes' : waits;
    return `| ${chat.status} | \`${code}\` | \`${type}\`${named} | ${messages.status} \`${messages.body.error.type}\` | ${retry} |`;
  });
}
