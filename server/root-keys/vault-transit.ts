import { readFile } from 'node:fs/promises';
import { type RootKey, RootKeyFailure } from '#core/secrets/root-key.ts';
import type { SealContext } from '#core/secrets/secret-box.ts';
import {
  type AnswerMeaning,
  callRootKeyService,
  readAnswerText,
  type ServiceAnswer,
} from './root-key-service.ts';

const name = 'Vault';

/** Where the token is: itself, or in a file that an agent may renew. */
export type VaultToken = { readonly text: string } | { readonly file: string };

export interface VaultTransitOptions {
  /** The address of the server, e.g. `https://vault.example.com:8200`. */
  readonly address: string;
  /** The path under which the engine is mounted, e.g. `transit`. */
  readonly mount: string;
  readonly key: string;
  readonly token: VaultToken;
  readonly namespace?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly delay?: (ms: number) => Promise<unknown>;
}

/**
 * A key of a transit engine of HashiCorp Vault (1.11 or later) or OpenBao, of a type with associated data such as aes256-gcm96: the
 * endpoints `encrypt` and `decrypt` of its HTTP API. Versions of the key are Vault's: former ones decrypt what they encrypted.
 */
export function createVaultRootKey(options: VaultTransitOptions): RootKey {
  const { address, mount, key, token, namespace, fetch, delay } = options;
  const base = `${address.replace(/\/+$/, '')}/v1/${mount}`;

  async function call(action: 'encrypt' | 'decrypt', fields: Record<string, unknown>) {
    const text = await readToken(token);
    const { data } = await callRootKeyService({
      name,
      interpret,
      ...(delay === undefined ? {} : { delay }),
      send: (signal) =>
        fetch(`${base}/${action}/${key}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-vault-request': 'true',
            'x-vault-token': text,
            ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
          },
          body: JSON.stringify(fields),
          signal,
        }),
    });
    return typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>) : {};
  }

  return {
    id: `vault:${mount}/${key}`,
    async wrap(dataKey, context) {
      const { ciphertext } = await call('encrypt', {
        plaintext: Buffer.from(dataKey).toString('base64'),
        associated_data: toAssociatedData(context),
      });
      return readAnswerText(name, ciphertext);
    },
    async unwrap(wrapped, context) {
      const { plaintext } = await call('decrypt', {
        ciphertext: wrapped,
        associated_data: toAssociatedData(context),
      });
      return Buffer.from(readAnswerText(name, plaintext), 'base64');
    },
  };
}

function toAssociatedData(context: SealContext): string {
  return Buffer.from(JSON.stringify(context)).toString('base64');
}

async function readToken(token: VaultToken): Promise<string> {
  if ('text' in token) return token.text;
  let text: string;
  try {
    text = (await readFile(token.file, 'utf8')).trim();
  } catch (cause) {
    // Any error: the agent may write it again.
    throw new RootKeyFailure('UNREACHABLE', 'The file of VAULT_TOKEN_FILE cannot be read.', { cause });
  }
  // So it is while the agent writes it.
  if (text === '') throw new RootKeyFailure('UNREACHABLE', 'The file of VAULT_TOKEN_FILE is empty.');
  return text;
}

/** 412, 472, 473 and 5xx: a standby, a replica that lags, or a sealed server. */
function interpret({ status }: ServiceAnswer): AnswerMeaning {
  if (status === 200) return { kind: 'GOOD' };
  const isPassing = status >= 500 || [408, 412, 429, 472, 473].includes(status);
  return { kind: isPassing ? 'UNREACHABLE' : 'REFUSED', code: `status ${status}` };
}
