import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** An identity provider that was written elsewhere, on a port of its own. */
export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Lets browsers come back to this address, and states these claims of each person. */
  open(redirectUri: string, toClaims: (subject: string) => Readonly<Record<string, unknown>>): void;
}

export const oidcClient = { id: 'heddle', secret: 'the-secret-of-the-client-0123456789' };

/** Starts it; its login and consent are the forms that it has for development. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  let handle: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    open(redirectUri, toClaims) {
      const provider = new Provider(issuer, {
        clients: [
          {
            client_id: oidcClient.id,
            client_secret: oidcClient.secret,
            redirect_uris: [redirectUri],
            grant_types: ['authorization_code'],
            response_types: ['code'],
          },
        ],
        pkce: { required: () => true },
        conformIdTokenClaims: false,
        claims: {
          openid: ['sub', 'heddle_tenant', 'heddle_role'],
          email: ['email', 'email_verified'],
          profile: ['name'],
        },
        findAccount: (_context, subject) => ({
          accountId: subject,
          claims: () => ({ sub: subject, ...toClaims(subject) }),
        }),
      });
      handle = provider.callback();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A browser as far as sign-in needs one: cookies of each origin, and redirects one at a time. */
export class TestBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();

  readCookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(origin)?.get(name);
  }

  setCookie(origin: string, name: string, value: string): void {
    const cookies = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, cookies.set(name, value));
  }

  async request(address: string | URL, options: RequestInit = {}): Promise<Response> {
    const url = new URL(address);
    const cookies = this.#cookies.get(url.origin) ?? new Map<string, string>();
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(options.headers as Record<string, string>), cookie };
    const response = await fetch(url, { ...options, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    this.#cookies.set(url.origin, cookies);
    return response;
  }

  /** Follows redirects, and fills in the forms of the provider, until the address begins so. Returns the address. */
  async signInAs(subject: string, from: string, until: string): Promise<URL> {
    let url = new URL(from);
    for (let step = 0; step < 12; step++) {
      if (url.href.startsWith(until)) return url;
      const page = await this.request(url);
      const location = page.headers.get('location');
      const next = location ?? (await this.#submit(await page.text(), url, subject));
      url = new URL(next, url);
    }
    throw new Error(`The provider did not come back to ${until}: ${url.href}`);
  }

  async #submit(html: string, url: URL, subject: string): Promise<string> {
    const [, action = ''] = /<form[^>]*action="([^"]+)"/.exec(html) ?? [];
    const [, prompt = ''] = /name="prompt" value="([^"]+)"/.exec(html) ?? [];
    if (action === '') throw new Error(`The provider has no form: ${html.slice(0, 500)}`);
    const body = new URLSearchParams({ prompt, login: subject, password: 'any' });
    const answer = await this.request(new URL(action, url), { method: 'POST', body });
    return answer.headers.get('location') ?? '';
  }
}
