import { z } from 'zod';
import { defineRule, guardrailStages } from '../../guardrail.ts';
import { type Search, scanTexts, type TextMatch } from '../../text/scan.ts';
import { findLinks, withoutControls } from './link-targets.ts';

const heldCharsMax = 200;
/** Targets without a host have this one. */
const relativeHost = 'relative.invalid';
/** `https:evil.test` is relative on a page of the same scheme alone. */
const bases = [`https://${relativeHost}/`, `http://${relativeHost}/`];

const host = z
  .string()
  .trim()
  .max(253)
  .transform((text, context) => {
    const [, wildcard = '', name = ''] = /^(\*\.)?(.+)$/.exec(text) ?? [];
    const hostname = URL.parse(`https://${name}/`)?.hostname;
    if (hostname === undefined || /[/@?#:\\*]/.test(name)) {
      context.addIssue('must be a host (docs.example.com) or the hosts below one (*.example.com)');
      return z.NEVER;
    }
    return wildcard + hostname;
  });

const options = z.strictObject({
  /** Hosts that may be linked to. */
  hosts: z.array(host).max(1_000).default([]),
  /** Further schemes that may be linked to, beside http and https. */
  schemes: z
    .array(z.string().regex(/^[a-z][a-z\d+.-]{1,20}$/, 'must be a scheme in small letters such as mailto'))
    .max(20)
    .default(['mailto', 'tel']),
  /** The longest query that an address of these hosts may have. */
  queryCharsMax: z.int().min(0).max(2_000).optional(),
  /** True: only what a client fetches without a click, such as images. */
  loadedOnly: z.boolean().default(false),
});

type Options = z.output<typeof options>;

/** Whether a browser that follows or shows the target stays with what the policy allows. */
function isAllowed(target: string, policy: Options): boolean {
  const address = withoutControls(target);
  // A browser follows no address that it cannot read.
  return bases.every((base) => {
    const url = URL.parse(address, base);
    return url === null || isAllowedUrl(url, policy);
  });
}

function isAllowedUrl(url: URL, { hosts, schemes, queryCharsMax }: Options): boolean {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return schemes.includes(url.protocol.slice(0, -1));
  const hostname = url.hostname.replace(/\.$/, '');
  if (hostname === relativeHost) return true;
  const isListed = hosts.some((allowed) =>
    allowed.startsWith('*.') ? hostname.endsWith(allowed.slice(1)) : hostname === allowed,
  );
  return (
    isListed && (queryCharsMax === undefined || url.search.length + url.hash.length - 1 <= queryCharsMax)
  );
}

function createSearch(policy: Options): Search {
  return function* search(text): Generator<TextMatch> {
    for (const { start, end, target, rest, isLoaded } of findLinks(text, policy.loadedOnly)) {
      if (policy.loadedOnly && !isLoaded) continue;
      if (end === start || isAllowed(target, policy)) continue;
      yield { start, end, kind: 'LINK', ...(rest === undefined ? {} : { replacement: rest }) };
    }
  };
}

/** What may still become a link, at the end of a text that grows. */
const opening = /(?:!?\[[^\]]*(?:\](?:\([^)]*|:[^\n]*)?)?|<[^>]*|\burl\([^)]*|\S+)$/i;

function holdFrom(text: string): number {
  const from = Math.max(0, text.length - heldCharsMax);
  const at = opening.exec(text.slice(from))?.index;
  return at === undefined ? text.length : from + at;
}

/** Finds links, images and addresses that lead to hosts that the policy does not name. */
export const links = defineRule({
  name: 'links',
  summary: 'Links, images and addresses that lead to hosts which the policy does not name.',
  options,
  stages: guardrailStages,
  hasSpans: true,
  reach: 'LOCAL',
  prepare: (policy) => {
    const search = createSearch(policy);
    return {
      check: (texts) => scanTexts(texts, search, 'it has a link to a host that is not allowed'),
      holdFrom,
    };
  },
});
