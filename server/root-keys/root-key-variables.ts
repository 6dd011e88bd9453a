import { z } from 'zod';
import { hasEncodedPassword, unencoded, url, variable } from '../variable-types.ts';
import { isRootKeyName } from './root-key-name.ts';

const form = 'must be aws-kms:<ARN of a key> or vault:<mount>/<key>';

/** The variables of root keys that are not this process's own. */
export const rootKeyVariables = {
  HEDDLE_ROOT_KEY: variable(
    z.string().refine(isRootKeyName, form).optional(),
    'The key that wraps the data keys, where it is not the encryption key: `aws-kms:<ARN of a key>` or `vault:<mount>/<key>`.',
  ),
  HEDDLE_ROOT_KEY_PREVIOUS: variable(
    z
      .string()
      .refine(
        (text) => text.split(',').every((one) => isRootKeyName(one.trim())),
        `${form}, separated by commas`,
      )
      .optional(),
    'Former root keys, comma-separated: they still unwrap what they wrapped, until `npm start -- keys rotate` has run.',
  ),
  AWS_ACCESS_KEY_ID: variable(
    z.string().min(1).optional(),
    'For a root key in AWS KMS: the access key, which may `kms:Encrypt` and `kms:Decrypt`.',
    true,
  ),
  AWS_SECRET_ACCESS_KEY: variable(z.string().min(1).optional(), 'The secret of that access key.', true),
  AWS_SESSION_TOKEN: variable(
    z.string().min(1).optional(),
    'Its session token, where it is temporary.',
    true,
  ),
  AWS_ENDPOINT_URL_KMS: variable(
    url('https:', 'http:').refine(hasEncodedPassword, unencoded).optional(),
    'Where AWS KMS is reached, such as at a VPC endpoint. Unset: its address for the region of the key.',
  ),
  VAULT_ADDR: variable(
    url('https:', 'http:').refine(hasEncodedPassword, unencoded).optional(),
    'For a root key in Vault: the address of the server.',
  ),
  VAULT_TOKEN: variable(
    z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII')
      .optional(),
    'The token for Vault, which may update `<mount>/encrypt/<key>` and `<mount>/decrypt/<key>`.',
    true,
  ),
  VAULT_TOKEN_FILE: variable(
    z.string().min(1).optional(),
    'File with that token instead, read for each call: an agent may renew it.',
  ),
  VAULT_NAMESPACE: variable(
    z
      .string()
      .regex(/^[\w./-]+$/, 'must be a path')
      .optional(),
    'The namespace of Vault that has the engine.',
  ),
} as const;
