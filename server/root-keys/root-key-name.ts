import { kmsKeyArn } from './kms-key-arn.ts';

/** What HEDDLE_ROOT_KEY names. */
export type RootKeyName =
  | { readonly kind: 'AWS_KMS'; readonly keyArn: string }
  | { readonly kind: 'VAULT'; readonly mount: string; readonly key: string };

const vaultName = /^vault:([\w-]{1,100}(?:\/[\w-]{1,100}){0,9})\/([\w.-]{1,100})$/;

/** `aws-kms:<ARN of a key>` or `vault:<mount>/<key>`; undefined for another text. */
export function parseRootKeyName(text: string): RootKeyName | undefined {
  if (text.startsWith('aws-kms:')) {
    const keyArn = text.slice('aws-kms:'.length);
    return kmsKeyArn.test(keyArn) ? { kind: 'AWS_KMS', keyArn } : undefined;
  }
  const [, mount, key] = vaultName.exec(text) ?? [];
  return mount === undefined || key === undefined ? undefined : { kind: 'VAULT', mount, key };
}

/** Whether it names a root key. */
export function isRootKeyName(text: string): boolean {
  return parseRootKeyName(text) !== undefined;
}
