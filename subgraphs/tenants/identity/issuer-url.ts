import { isIP } from 'node:net';

/** Whether documents may be fetched from the URL: over https, or from this machine. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** Whether the text can be the `iss` of tokens: in the spelling of a URL parser, so that nothing else looks like it. */
export function isIssuerUrl(text: string): boolean {
  if (!isSafeUrl(text) || /[?#]/.test(text)) return false;
  const { href } = new URL(text);
  return href === text || href === `${text}/`;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
  );
}
