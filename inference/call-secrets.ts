import { listToolSecrets, withoutToolSecrets } from '#core/secrets/tool-secrets.ts';
import type { CompletionRequest } from './request.ts';

type Call = CompletionRequest['call'];

/** The call without the credentials in the tools that its provider runs: what is hashed, or shown to anything but the provider. */
export function withoutCallSecrets(call: Call): Call {
  const { providerTools } = call;
  if (providerTools === undefined) return call;
  const kept = Object.entries(providerTools).map(([format, tools]) => [
    format,
    tools.map(withoutToolSecrets),
  ]);
  return { ...call, providerTools: Object.fromEntries(kept) };
}

/** Whether tools of the call hold credentials: its answer may then be for their owner alone. */
export function hasCallSecrets({ providerTools }: Call): boolean {
  return providerTools !== undefined && listToolSecrets(Object.values(providerTools).flat()).length > 0;
}
