import { AwsV4Signer } from 'aws4fetch';
import { type RootKey, RootKeyFailure } from '#core/secrets/root-key.ts';
import type { SealContext } from '#core/secrets/secret-box.ts';
import { kmsKeyArn } from './kms-key-arn.ts';
import {
  type AnswerMeaning,
  callRootKeyService,
  readAnswerText,
  type ServiceAnswer,
} from './root-key-service.ts';

const name = 'AWS KMS';

export interface AwsKmsOptions {
  /** The ARN of a symmetric key. */
  readonly keyArn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** Where the service is, instead of at its address for the key's region. */
  readonly endpoint?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly delay?: (ms: number) => Promise<unknown>;
}

/** Codes of answers after which the same request may succeed; so may one with a status from 500. */
const passing = new Set([
  'DependencyTimeoutException',
  'KeyUnavailableException',
  'KMSInternalException',
  'LimitExceededException',
  'RequestTimeout',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/**
 * A key of AWS KMS: the actions Encrypt and Decrypt of its API of 2014-11-01 (JSON 1.1), signed with version 4. The context is the
 * encryption context, which CloudTrail shows; it holds the owner and the id of the data key.
 */
export function createAwsKmsRootKey(options: AwsKmsOptions): RootKey {
  const { keyArn } = options;
  const [, partition = '', region = ''] = kmsKeyArn.exec(keyArn) ?? [];
  if (region === '') throw new RootKeyFailure('REFUSED', 'The ARN names no key of AWS KMS.');
  const domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  const url = options.endpoint ?? `https://kms.${region}.${domain}/`;

  async function call(action: 'Encrypt' | 'Decrypt', fields: Record<string, unknown>) {
    const body = JSON.stringify({ KeyId: keyArn, ...fields });
    const { accessKeyId, secretAccessKey, sessionToken, fetch, delay } = options;
    return callRootKeyService({
      name,
      interpret,
      ...(delay === undefined ? {} : { delay }),
      async send(signal) {
        const signer = new AwsV4Signer({
          ...{ method: 'POST', url, body, accessKeyId, secretAccessKey, service: 'kms', region },
          ...(sessionToken === undefined ? {} : { sessionToken }),
          headers: {
            'content-type': 'application/x-amz-json-1.1',
            'x-amz-target': `TrentService.${action}`,
          },
        });
        const { method, headers } = await signer.sign();
        return fetch(url, { method, headers: Object.fromEntries(headers), body, signal });
      },
    });
  }

  return {
    id: `aws-kms:${keyArn}`,
    async wrap(dataKey, context) {
      const { CiphertextBlob: blob } = await call('Encrypt', {
        Plaintext: Buffer.from(dataKey).toString('base64'),
        EncryptionContext: toEncryptionContext(context),
      });
      return readAnswerText(name, blob);
    },
    async unwrap(wrapped, context) {
      const { Plaintext: plaintext } = await call('Decrypt', {
        CiphertextBlob: wrapped,
        EncryptionContext: toEncryptionContext(context),
      });
      return Buffer.from(readAnswerText(name, plaintext), 'base64');
    },
  };
}

/** Words by their place. */
function toEncryptionContext(context: SealContext): Readonly<Record<string, string>> {
  return Object.fromEntries(context.map((word, at) => [`heddle-${at}`, word]));
}

function interpret({ status, body }: ServiceAnswer): AnswerMeaning {
  if (status === 200) return { kind: 'GOOD' };
  // Such as `com.amazonaws.kms#DisabledException`, or the name alone.
  const type = typeof body?.__type === 'string' ? body.__type.slice(body.__type.lastIndexOf('#') + 1) : '';
  const code = /^[A-Za-z]{1,60}$/.test(type) ? type : `status ${status}`;
  return { kind: status >= 500 || status === 429 || passing.has(code) ? 'UNREACHABLE' : 'REFUSED', code };
}
