import { ProviderFailure } from '../provider.ts';

/** What may stand in a segment of a path as it is (RFC 3986, pchar). */
const unsafe = /[^A-Za-z0-9._~!$&'()*+,;=:@-]/g;

/**
 * A model's name as it stands in the path of a URL: each segment encoded, so that it stays below the base URL and adds no
 * query. Throws NOT_FOUND for a name with a segment that no path can hold.
 */
export function inPath(model: string): string {
  const segments = model.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw new ProviderFailure('NOT_FOUND', 'The provider has no model of such a name.', { retryable: false });
  }
  return segments.map((segment) => segment.replace(unsafe, encodeURIComponent)).join('/');
}
