import type { IncomingMessage } from 'node:http';
import type { Exposures } from '../auth/exposure.ts';
import type { Access, Door, DoorPath } from '../doors/door.ts';

/** A handler behind one of its paths. */
export interface Endpoint {
  readonly door: Door;
  readonly access: Access;
  readonly when: DoorPath['when'];
}

/** The handler of WebSockets at a path. */
export interface SocketEndpoint extends Pick<Endpoint, 'door' | 'access'> {
  /** Empty: they have none. */
  readonly subprotocol: string;
  readonly hasCallMessages: boolean;
}

/** Everything behind one pattern. */
export interface Resource {
  readonly pattern: string;
  /** By method; those with a condition come first. */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  /** The handler that refuses, in its dialect, a request without an endpoint. */
  readonly door: Door;
  /** The Allow header. */
  readonly methods: string;
  readonly isCrossOrigin: boolean;
  readonly webSocket: SocketEndpoint | undefined;
}

export interface Match {
  readonly resource: Resource;
  readonly params: Readonly<Record<string, string>>;
}

/** A row of the route table. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly door: string;
  readonly access: Access;
  readonly when: string | null;
}

const noParams: Match['params'] = Object.freeze({});
const segmentForm = /^(?:[\w.~-]+|\{[a-z]\w*\*?\})$/i;
const isName = (segment: string): boolean => segment.startsWith('{');
/** A name for all segments that are left, one at least. */
const isRest = (segment: string | undefined): boolean => segment?.endsWith('*}') === true;

/** The segments of a pattern. Throws RangeError for what is none. */
function parsePattern(pattern: string, door: Door): readonly string[] {
  if (pattern === '/') return [];
  const [, ...segments] = pattern.split('/');
  const isWhole = segments.every((segment) => segmentForm.test(segment));
  if (!pattern.startsWith('/') || !isWhole || segments.slice(0, -1).some(isRest)) {
    throw new RangeError(`The handler ${door.name} has the path ${pattern}, which is no pattern.`);
  }
  return segments;
}

/** True where a path can match both patterns. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  const shorter = Math.min(a.length, b.length);
  if (a.length !== b.length && !isRest((a.length < b.length ? a : b).at(-1))) return false;
  return a
    .slice(0, shorter)
    .every((segment, at) => isName(segment) || isName(b[at] ?? '') || segment === b[at]);
}

function createResource(pattern: string, doors: readonly Door[], exposures: Exposures): Resource {
  const endpoints = new Map<string, Endpoint[]>();
  let webSocket: Resource['webSocket'];
  for (const door of doors) {
    for (const path of door.paths.filter((one) => one.pattern === pattern)) {
      const { when, methods, access } = path;
      const endpoint = { door, when, access: typeof access === 'function' ? access(exposures) : access };
      for (const method of methods) {
        const others = endpoints.get(method) ?? [];
        const taken = others.find((other) => other.when?.text === when?.text);
        if (taken !== undefined) {
          throw new RangeError(`${method} ${pattern} is a path of ${taken.door.name} and of ${door.name}.`);
        }
        // Those with a condition in the order of the list, then the one without.
        const conditional = others.filter((other) => other.when !== undefined);
        endpoints.set(method, [...conditional, endpoint, ...others.slice(conditional.length)]);
      }
      if (path.webSocket === undefined) continue;
      if (webSocket !== undefined) {
        throw new RangeError(`WebSockets at ${pattern} are of ${webSocket.door.name} and of ${door.name}.`);
      }
      if (door.upgrade === undefined) {
        throw new RangeError(`${door.name} serves no WebSockets, as its path ${pattern} states.`);
      }
      const { webSocket: subprotocol, hasCallMessages = false } = path;
      webSocket = { door, access: endpoint.access, subprotocol, hasCallMessages };
    }
  }
  const all = [...endpoints.values()].flat();
  const [door] = [...all.filter(({ when }) => when === undefined), ...all].map((endpoint) => endpoint.door);
  if (door === undefined) throw new RangeError(`The path ${pattern} has no method.`);
  const other = doors.find(({ isCrossOrigin }) => isCrossOrigin !== door.isCrossOrigin);
  if (other !== undefined) {
    throw new RangeError(`${door.name} and ${other.name} do not agree on other origins at ${pattern}.`);
  }
  return {
    pattern,
    endpoints,
    door,
    methods: [...endpoints.keys()].sort().join(', '),
    isCrossOrigin: door.isCrossOrigin,
    webSocket,
  };
}

/** Finds the handler of a request: by one lookup for a path without names. */
export class RouteTable {
  readonly #fixed = new Map<string, Match>();
  readonly #named: { readonly segments: readonly string[]; readonly resource: Resource }[] = [];

  /** Throws RangeError for two handlers of one name, of the same requests, or of paths that match the same requests. */
  constructor(doors: readonly Door[], exposures: Exposures) {
    const names = new Set<string>();
    const patterns = new Map<string, Door[]>();
    for (const door of doors) {
      if (names.has(door.name)) throw new RangeError(`Two handlers have the name ${door.name}.`);
      names.add(door.name);
      for (const { pattern } of door.paths) {
        const sharing = patterns.get(pattern) ?? [];
        if (!sharing.includes(door)) patterns.set(pattern, [...sharing, door]);
      }
    }
    for (const [pattern, sharing] of patterns) {
      const [door] = sharing;
      if (door === undefined) continue;
      const segments = parsePattern(pattern, door);
      const resource = createResource(pattern, sharing, exposures);
      if (!segments.some(isName)) {
        this.#fixed.set(pattern, { resource, params: noParams });
        continue;
      }
      const other = this.#named.find((named) => overlap(named.segments, segments));
      if (other !== undefined) {
        throw new RangeError(
          `The paths ${other.resource.pattern} of ${other.resource.door.name} and ${pattern} of ${door.name} match the same requests.`,
        );
      }
      this.#named.push({ segments, resource });
    }
  }

  /** What stands at a path without its query; undefined where nothing does. */
  find(path: string): Match | undefined {
    return this.#fixed.get(path) ?? (this.#named.length === 0 ? undefined : this.#findNamed(path));
  }

  #findNamed(path: string): Match | undefined {
    const [, ...given] = path.split('/');
    for (const { segments, resource } of this.#named) {
      if (isRest(segments.at(-1)) ? given.length < segments.length : given.length !== segments.length)
        continue;
      const params = readParams(segments, given);
      if (params !== undefined) return { resource, params };
    }
    return undefined;
  }

  get resources(): readonly Resource[] {
    return [...this.#fixed.values(), ...this.#named].map(({ resource }) => resource);
  }

  /** Every endpoint, in the order of paths. */
  list(): readonly Route[] {
    return this.resources
      .flatMap(({ pattern, endpoints, webSocket }) => [
        ...[...endpoints].flatMap(([method, of]) =>
          of.map(({ door, access, when }) => ({
            method,
            path: pattern,
            door: door.name,
            access,
            when: when?.text ?? null,
          })),
        ),
        ...(webSocket === undefined
          ? []
          : [
              {
                method: 'GET',
                path: pattern,
                door: webSocket.door.name,
                access: webSocket.access,
                when: describeUpgrade(webSocket),
              },
            ]),
      ])
      .sort((a, b) => compareTexts(a.path, b.path) || compareTexts(a.method, b.method));
  }
}

function describeUpgrade({ subprotocol }: SocketEndpoint): string {
  return subprotocol === '' ? 'upgrade: websocket' : `upgrade: websocket (${subprotocol})`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What the names of a pattern stand for; undefined where the path is another, or cannot be decoded. */
function readParams(segments: readonly string[], given: readonly string[]): Match['params'] | undefined {
  const params: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const text = isRest(segment) ? given.slice(at).join('/') : (given[at] ?? '');
    if (isName(segment)) {
      const decoded = decodeSegment(text);
      if (decoded === undefined || decoded === '') return undefined;
      params[segment.replaceAll(/[{*}]/g, '')] = decoded;
    } else if (segment !== text) return undefined;
  }
  return params;
}

function decodeSegment(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** The endpoint of a request; undefined where its method has none. */
export function findEndpoint({ endpoints }: Resource, request: IncomingMessage): Endpoint | undefined {
  const candidates = endpoints.get(request.method ?? '');
  return candidates?.find(({ when }) => when === undefined || when.holds(request));
}
