import type { Provider } from '../provider.ts';
import type { VendorOptions } from '../vendor.ts';
import { rulesOfClaude } from '../wires/messages/claude-rules.ts';
import { messagesWire } from '../wires/messages/messages-reader.ts';
import { createMessagesRequests } from '../wires/messages/messages-request.ts';
import { createWireProvider } from '../wires/shared/wire-provider.ts';
import { requestHeaders } from '../wires/shared/wire-request.ts';

const version = { 'anthropic-version': '2023-06-01' };

/** ANTHROPIC: the messages API. */
export function createClaude({ kind, baseUrl, secret, fetch }: VendorOptions): Provider {
  const url = `${baseUrl}/messages`;
  const headers = requestHeaders({ ...version, ...(secret === '' ? {} : { 'x-api-key': secret }) });
  return createWireProvider({
    kind,
    wire: messagesWire,
    requests: createMessagesRequests({
      url: () => url,
      countUrl: `${url}/count_tokens`,
      headers,
      rules: rulesOfClaude,
    }),
    embeddings: null,
    secret,
    fetch,
  });
}
