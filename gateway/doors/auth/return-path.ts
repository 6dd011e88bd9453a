/** Where a browser goes after sign-in, unless the page that it came from names another path. */
const home = '/graphql';
const pathLengthMax = 2_000;

/**
 * The path of this origin that `return` of a query names; the Explorer for anything else: an address elsewhere, in whatever
 * notation a browser would take it for one.
 */
export function readReturnPath(search: string): string {
  return checkedReturnPath(new URLSearchParams(search).get('return'));
}

/** The same of one value. */
function checkedReturnPath(path: string | null): string {
  if (path === null || path.length > pathLengthMax || !/^\/[\x21-\x7e]*$/.test(path)) return home;
  // A browser reads \ as /, and // as the begin of a host.
  if (/^\/[/\\]/.test(path) || !URL.canParse(path, 'http://own.invalid')) return home;
  const { origin, pathname, search, hash } = new URL(path, 'http://own.invalid');
  if (origin !== 'http://own.invalid' || pathname.startsWith('//')) return home;
  return pathname + search + hash;
}
