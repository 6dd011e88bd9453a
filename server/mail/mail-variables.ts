import { z } from 'zod';
import { hasEncodedPassword, origin, unencoded, url, variable } from '../variable-types.ts';
import { parseSender } from './sender.ts';

/** The variables of links and mails to people. */
export const mailVariables = {
  HEDDLE_PUBLIC_URL: variable(
    origin.optional(),
    'The address under which people reach the gateway, such as https://heddle.example.com: links to invite people begin with it.',
  ),
  HEDDLE_SMTP_URL: variable(
    url('smtps:', 'smtp:')
      .refine(hasEncodedPassword, unencoded)
      .refine((text) => /^smtps?:\/\/[^/?#]+\/?$/.test(text), 'must have no path and no parameters')
      .optional(),
    'The server that sends mails: `smtps://user:password@host:465` with TLS, `smtp://…:587` with STARTTLS, which only a server on this machine may lack. Requires `HEDDLE_MAIL_FROM` and `HEDDLE_PUBLIC_URL`. Unset: no mail is sent.',
    true,
  ),
  HEDDLE_MAIL_FROM: variable(
    z
      .string()
      .refine(
        (text) => parseSender(text) !== undefined,
        'must be an address such as heddle@example.com, or Heddle <heddle@example.com>',
      )
      .optional(),
    'The sender of mails: an address, or a name with an address in angle brackets.',
  ),
} as const;
