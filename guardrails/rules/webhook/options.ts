import { z } from 'zod';
import { isWebhookSecret } from '#core/webhooks/signature.ts';

/** Who answers: a server of Heddle's own form, Presidio's analyzer, or Lakera Guard. */
const formats = ['HEDDLE', 'PRESIDIO', 'LAKERA'] as const;

const headerName = /^[a-z][a-z\d-]{0,63}$/;
/** What this program sets, and what would change how the request is read. */
const ownHeaders =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|webhook-.*|accept.*)$/;
const headerValue = /^[\x21-\x7e](?:[\x20-\x7e]{0,2046}[\x21-\x7e])?$/;
const urlMax = 2_048;

const url = z
  .string()
  .max(urlMax)
  .refine((text) => isEndpoint(text), 'must be an https:// URL without user, password and fragment');

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '' && hash === '';
}

/** The part of the options that states where texts go. */
export const endpointOptions = z.object({
  url,
  /** Where texts are processed there, such as `eu`. */
  region: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, 'must be 1 to 64 lower-case letters, digits and dashes')
    .nullable()
    .default(null),
});

/** Options of whatever calls an address. */
export const webhookOptions = z
  .strictObject({
    ...endpointOptions.shape,
    format: z.enum(formats).default('HEDDLE'),
    /** Signs requests of the format HEDDLE. */
    secret: z.string().refine(isWebhookSecret, 'must be whsec_ and 24 to 64 bytes in base64').nullish(),
    /** Sent as a bearer token. */
    apiKey: z.string().regex(headerValue, 'must be 1 to 2048 visible characters').nullish(),
    headers: z
      .record(
        z
          .string()
          .regex(headerName, 'must be the name of a header in lower case')
          .refine((name) => !ownHeaders.test(name), 'must not be a header that is set here'),
        z.string().regex(headerValue, 'must be 1 to 2048 visible characters'),
      )
      .refine((headers) => Object.keys(headers).length <= 10, 'must not have more than 10 headers')
      .nullish(),
    timeoutMs: z.number().int().min(50).max(10_000).default(2_000),
    onFailure: z.enum(['BLOCK', 'ALLOW']).default('BLOCK'),
    /** Of Presidio. */
    language: z
      .string()
      .regex(/^[a-z]{2}$/, 'must be two letters of ISO 639-1')
      .default('en'),
    /** Of Presidio: the types that it looks for; all where it is left out. */
    entities: z
      .array(z.string().regex(/^[A-Z][A-Z\d_]{0,63}$/, 'must be a type of Presidio such as PERSON'))
      .min(1)
      .max(100)
      .optional(),
    /** Of Presidio, 0 to 1. */
    scoreMin: z.number().min(0).max(1).default(0.5),
    /** Of Lakera: the project whose policy decides. */
    projectId: z.string().min(1).max(200).optional(),
  })
  .refine(({ format, secret }) => format !== 'HEDDLE' || secret != null, {
    path: ['secret'],
    message: 'is required to sign requests: whsec_ and 24 to 64 bytes in base64',
  })
  .refine(({ format, secret }) => format === 'HEDDLE' || secret == null, {
    path: ['secret'],
    message: 'belongs to the format HEDDLE: the others are not signed',
  });

/** Options with their defaults. */
export type WebhookOptions = z.output<typeof webhookOptions>;
